/**
 * Turns a run folder into packages/experiments/checkpoints/<experiment>: weights, model card, and codes for the web
 * demo.
 */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readWeights } from '../packages/apps-cli/src/model/weights-files.ts';
import { parseConfig, type RunConfig } from '../packages/apps-cli/src/run/config.ts';
import { modelCard } from '../packages/apps-cli/src/run/model-card.ts';
import { UsageError } from '../packages/apps-cli/src/usage/errors.ts';
import { findExperiment } from '../packages/apps-cli/src/usage/find-experiment.ts';
import { loadDataset } from '../packages/datasets/src/node/index.ts';
import {
  allRows,
  type Calibration,
  calibrate,
  calibrationMetadata,
  calibrationOf,
  type Experiment,
  type ExperimentData,
  evaluate,
  experimentData,
  type FittedWeights,
  fitWeights,
  principalDirections,
  scoreMetadata,
  scoreOf,
  TrainedModel,
} from '../packages/experiments/src/index.ts';
import { type Metrics, readSafetensors, type StoredTensor, writeSafetensors } from '../packages/nn/src/index.ts';
import { requestAdapter } from '../packages/node/src/index.ts';
import { Device } from '../packages/tensor/src/index.ts';

/** Significant digits with which metrics are compared and quoted. */
const DIGITS = 3;
/** Principal directions that the demo offers for codes that are too long to show as a plane. */
const DIRECTIONS = 10;

interface Judged {
  readonly fitted: FittedWeights;
  readonly samples: number;
  readonly metrics: Metrics;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'data-dir': { type: 'string' }, out: { type: 'string' } },
});
const [given] = positionals;
if (given === undefined)
  throw new UsageError('Give the run folder: node scripts/ship-checkpoint.mjs runs/… --data-dir D');
const run = resolve(given);
const config = parseConfig(await readFile(join(run, 'config.json'), 'utf8'), join(run, 'config.json'));
const experiment = findExperiment(config.experiment);
const out = values.out ?? join('packages/experiments/checkpoints', experiment.id);

const { adapter, info } = await requestAdapter('auto', {});
const device = await Device.create(adapter, info.kind);
const fitted = fitWeights(experiment, await readWeights([run], experiment));
const data = experimentData(
  await loadDataset(experiment.dataset, {
    dataDir: values['data-dir'] ?? config.dataDir,
    imageSize: experiment.imageSizes && fitted.model.encoder.inputShape[0],
    notice: (text) => console.error(text),
  }),
);
if (data.source === 'procedural')
  throw new UsageError('A checkpoint that ships must be evaluated on the real data; give --data-dir.');

const own: Readonly<Record<string, string>> = {
  'hourglass.experiment': experiment.id,
  format: 'pt',
  ...(experiment.dataset === 'ecg5000'
    ? { ...calibrationMetadata(await calibrationFor(fitted, data)), ...scoreMetadata(scoreOf(fitted)) }
    : {}),
};
const whole = await judge('F32');
const half = await judge('F16');
const shown = ({ metrics }: Judged): string => JSON.stringify(formatMetrics(metrics));
const dtype = shown(whole) === shown(half) ? 'F16' : 'F32';
if (dtype === 'F32') console.error(`stored in float32: metrics are ${shown(whole)}, but ${shown(half)} in float16`);
const judged = dtype === 'F16' ? half : whole;

await mkdir(out, { recursive: true });
await writeFile(join(out, 'model.safetensors'), writeSafetensors(fitted.tensors, own, { dtype }));
/** The demo shows the codes of test images. Of GANs it shows only generated images. */
const hasCodes = experiment.opponent === undefined;
if (hasCodes) await writeFile(join(out, 'codes.safetensors'), await codesFile(experiment, judged.fitted, data));
await writeFile(join(out, 'README.md'), await cardOf(experiment, config, judged, dtype));
for (const name of ['model.safetensors', ...(hasCodes ? ['codes.safetensors'] : []), 'README.md'])
  console.log(`${join(out, name)}: ${((await stat(join(out, name))).size / 1000).toFixed()} kB`);
console.log(shown(judged));
await data.close?.();
device.destroy();

/** Evaluates the weights on the test split, stored with the given precision. */
async function judge(as: 'F32' | 'F16'): Promise<Judged> {
  const bytes = writeSafetensors(fitted.tensors, own, { dtype: as });
  const stored = fitWeights(experiment, [{ name: as, ...readSafetensors(bytes, as) }]);
  return { fitted: stored, ...(await evaluate(device, experiment, stored, data, { split: 'test', seed: 0 })) };
}

/** The run's calibration; for a run from before calibrations were stored, the one that it would have stored. */
async function calibrationFor(weights: FittedWeights, samples: ExperimentData): Promise<Calibration> {
  const { deviations } = experiment.presets[config.settings.preset] ?? {};
  const trained = TrainedModel.from(device, weights);
  return calibrationOf(weights) ?? (await calibrate({ trained, data: samples, deviations }));
}

/** The file from which the web demo shows the test split without the data. */
async function codesFile(
  { id, dataset, variational }: Experiment,
  weights: FittedWeights,
  { test }: ExperimentData,
): Promise<Uint8Array> {
  const trained = TrainedModel.from(device, weights);
  const rows = await allRows(test);
  const codes = await trained.encode(rows);
  const { latent } = trained;
  const tensors: [string, StoredTensor][] = [['codes', { shape: [test.count, latent], data: codes }]];
  if (test.labels.length > 0) tensors.push(['classes', { shape: [test.count], data: Float32Array.from(test.labels) }]);
  const detects = dataset === 'ecg5000';
  if (detects) tensors.push(['errors', { shape: [test.count], data: await trained.errors(rows) }]);
  if (variational && latent > 2) {
    const count = Math.min(DIRECTIONS, latent);
    tensors.push(['directions', { shape: [count, latent], data: principalDirections(codes, latent, count) }]);
  }
  // Errors are compared with a threshold, and half precision could move them across it.
  return writeSafetensors(tensors, { 'hourglass.experiment': id }, { dtype: detects ? 'F32' : 'F16' });
}

function formatMetrics(metrics: Metrics): Record<string, string> {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, value.toPrecision(DIGITS)]));
}

async function cardOf(
  experiment: Experiment,
  config: RunConfig,
  { samples, metrics, fitted: { model } }: Judged,
  as: 'F32' | 'F16',
): Promise<string> {
  const file = join(run, 'best.safetensors');
  const { metadata } = readSafetensors(await readFile(file), file);
  const { epoch } = JSON.parse(metadata['hourglass.state'] ?? '{}') as { epoch?: number };
  return modelCard({
    experiment,
    config,
    model,
    epoch: epoch ?? config.settings.epochs,
    day: (await stat(file)).mtime.toISOString().slice(0, 10),
    precision: `stored in ${as === 'F16' ? 'float16, which changes none of the digits below' : 'float32'}`,
    measured: `Measured on the ${samples} samples of the test split (\`evaluate ${experiment.id}\`)`,
    metrics: formatMetrics(metrics),
    ending: "The weights are under the project's licence (MIT).",
  });
}
