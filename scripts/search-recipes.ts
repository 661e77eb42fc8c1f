/** Compares variants of an experiment's recipe on a held-back part of the training split (see search-recipes.mjs). */
import { parseArgs } from 'node:util';
import { readWeights } from '../packages/apps-cli/src/model/weights-files.ts';
import { UsageError } from '../packages/apps-cli/src/usage/errors.ts';
import { findExperiment } from '../packages/apps-cli/src/usage/find-experiment.ts';
import { loadDataset } from '../packages/datasets/src/node/index.ts';
import { discrimination, generate, judge } from '../packages/experiments/src/adversarial.ts';
import {
  allRows,
  detect,
  type Experiment,
  experimentData,
  fashionClassifier,
  fitWeights,
  generationMetrics,
  Run,
  TrainedModel,
  thresholdOf,
} from '../packages/experiments/src/index.ts';
import type { Autoencoder } from '../packages/experiments/src/model.ts';
import { absoluteReconstruction, denoisingTerms } from '../packages/experiments/src/objectives.ts';
import type { Metrics, Objective } from '../packages/nn/src/index.ts';
import { hideDriverMessages, pollPatiently, requestAdapter } from '../packages/node/src/index.ts';
import { Device } from '../packages/tensor/src/index.ts';

/** A recipe to try: the report's, with these changes. */
interface Variant {
  readonly name: string;
  readonly recipe?: Partial<Experiment['presets']['report']>;
  readonly change?: Partial<Experiment>;
}

/** Reconstruction and generation through two numbers: each variant adds to the one above, or changes its sizes. */
const GARMENTS: readonly Variant[] = [
  { name: 'the report’s recipe' },
  { name: 'batches of 64, rate 1e-3 falling along a cosine', recipe: rate(64) },
  { name: '… dense layers of 256, 64', recipe: { ...rate(64), hidden: [256, 64] } },
  { name: '… of 512, 128', recipe: { ...rate(64), hidden: [512, 128] } },
  { name: '… of 256, 64, 16', recipe: { ...rate(64), hidden: [256, 64, 16] } },
  { name: '… of 256, 64, batches of 128, rate 2e-3', recipe: { ...rate(128), learningRate: 2e-3, hidden: [256, 64] } },
];

function rate(batchSize: number): Partial<Experiment['presets']['report']> {
  return { batchSize, learningRate: 1e-3, schedule: 'cosine' };
}

/** Trains a detector on beats with Gaussian noise of this standard deviation, in units of the scaled beats. */
const noisyBeats = (deviation: number): Partial<Experiment> => ({
  objective: (model) => {
    const exact = absoluteReconstruction(model);
    return (x, context) =>
      context.training
        ? denoisingTerms(model, x.add(context.normal(x.shape).mul(deviation)), x, context, { loss: 'mae' })
        : exact(x, context);
  },
});

const BEATS: readonly Variant[] = [
  { name: 'the report’s recipe' },
  { name: 'batches of 32', recipe: { batchSize: 32, deviations: 2 } },
  { name: '… falling rate', recipe: { ...rate(32), deviations: 2 } },
  { name: '… rate 3e-3', recipe: { ...rate(32), learningRate: 3e-3, deviations: 2 } },
  { name: '… noise 0.02', recipe: { ...rate(32), learningRate: 3e-3, deviations: 2 }, change: noisyBeats(0.02) },
  { name: '… noise 0.05', recipe: { ...rate(32), learningRate: 3e-3, deviations: 2 }, change: noisyBeats(0.05) },
  { name: '… noise 0.1', recipe: { ...rate(32), learningRate: 3e-3, deviations: 2 }, change: noisyBeats(0.1) },
  { name: 'batches of 32, root mean squared error', recipe: { batchSize: 32, deviations: 2, score: 'rmse' } },
];

/** The hinge loss (Lim and Ye 2017): images that are judged clearly enough no longer count. */
const hinge =
  (model: Autoencoder): Objective =>
  (x, context) => {
    const generated = judge(model, generate(model, x.shape[0]!, context), context);
    return { loss: judge(model, x, context).neg().add(1).relu().add(generated.add(1).relu()) };
  };

const judgedBy = (objective: (model: Autoencoder) => Objective): Partial<Experiment> => ({
  opponent: (model) => ({ name: 'discriminator', objective: objective(model) }),
});

/** What a VAE-GAN has besides a generator and a discriminator. */
const encoding = ({ build, objective }: Experiment): Partial<Experiment> => ({ build, objective });

const INVENTIONS: readonly Variant[] = [
  { name: 'no stabiliser', change: judgedBy((model) => discrimination(model)) },
  ...[0.1, 1, 10].map(
    (penalty): Variant => ({
      name: `penalty R₁ with weight ${penalty}`,
      change: judgedBy((model) => discrimination(model, penalty)),
    }),
  ),
  { name: 'hinge loss', change: judgedBy(hinge) },
  { name: 'VAE-GAN, penalty R₁ with weight 10', change: encoding(findExperiment('fashion-vae-gan')) },
];

const VARIANTS: Readonly<Record<string, readonly Variant[]>> = {
  fashion: GARMENTS,
  denoise: GARMENTS,
  'fashion-vae': GARMENTS,
  ecg: BEATS,
  'fashion-gan': INVENTIONS,
};
/** The classifier whose features compare generated images with real ones, from the root of the repository. */
const CLASSIFIER = 'packages/experiments/checkpoints/fashion-classifier/model.safetensors';
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'data-dir': { type: 'string' },
    epochs: { type: 'string' },
    seed: { type: 'string', default: '0' },
    seeds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
const [id = ''] = positionals;
const variants = VARIANTS[id];
if (variants === undefined) throw new UsageError(`Give one of ${Object.keys(VARIANTS).join(', ')}.`);
const base = findExperiment(id);
/** The share of the training split that is held back: a larger one for beats, because there are few. */
const heldBack = id === 'ecg' ? 0.25 : 0.1;
const data = experimentData(
  await loadDataset(base.dataset, { dataDir: values['data-dir'], notice: (text) => console.error(text) }),
);
if (data.source === 'procedural') throw new UsageError('Recipes must be compared on the real data; give --data-dir.');
hideDriverMessages();
pollPatiently();
const { info } = await requestAdapter('auto', {});
/** Read before training: a missing file must not cost hours. */
const judgeFiles = base.opponent && (await readWeights([CLASSIFIER], fashionClassifier));

const epochs = Number(values.epochs ?? base.presets.report.epochs);
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => Number(values.seed) + index);
console.log(
  `\`${id}\`, ${epochs} epochs, seeds ${seeds.join(', ')}, ${info.name}, ${new Date().toISOString().slice(0, 10)}\n`,
);
let headed = false;
for (const variant of variants.filter(({ name }) => name.includes(values.only))) {
  const begun = performance.now();
  const results: Metrics[] = [];
  for (const seed of seeds) results.push(await reached(variant, seed));
  const names = Object.keys(results[0]!);
  if (!headed) process.stdout.write(row('recipe', ...names, 'seconds') + row(...Array(names.length + 2).fill('---')));
  headed = true;
  const cells = names.map((name) => spread(results.map((result) => result[name]!)));
  process.stdout.write(row(variant.name, ...cells, ((performance.now() - begun) / 1000).toFixed(0)));
}
process.exit();

function row(...cells: string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

/** The median, with the least and the greatest number if there are several. */
function spread(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [least, median, greatest] = [0, 0.5, 1].map((share) =>
    sorted[Math.floor(share * (sorted.length - 1))]!.toPrecision(4),
  );
  return numbers.length === 1 ? median! : `${median} (${least} to ${greatest})`;
}

/** The metrics that a variant reaches on the held-back samples. */
async function reached({ recipe, change }: Variant, seed: number): Promise<Metrics> {
  const best = { ...base.presets.report, ...recipe, epochs };
  const experiment = { ...base, ...change, presets: { ...base.presets, best } };
  const { batchSize, learningRate } = best;
  const settings = { preset: 'best', epochs, batchSize, learningRate, latent: base.latent, seed } as const;
  // An adapter opens only one device.
  const { adapter } = await requestAdapter('auto', {});
  const device = await Device.create(adapter, info.kind);
  const run = new Run(device, experiment, data, { ...settings, validation: heldBack });
  let least = Number.POSITIVE_INFINITY;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const trained = await run.trainer.trainEpoch();
    const { loss } = await run.trainer.evaluate();
    console.error(`epoch ${epoch + 1} of ${epochs}: ${JSON.stringify({ ...trained, val_loss: loss })}`);
    least = Math.min(least, loss!);
  }
  const result = await measured(run, least);
  device.destroy();
  return result;
}

async function measured(run: Run, least: number): Promise<Metrics> {
  const { trained, data: own } = run;
  if (judgeFiles !== undefined) {
    const classifier = TrainedModel.from(run.weights.device, fitWeights(fashionClassifier, judgeFiles));
    return { ...(await generationMetrics(trained, classifier, own, { count: own.test.count, seed: 0 })) };
  }
  if (id !== 'ecg') return { loss: least };
  const calm = await trained.errors(await allRows(own.train));
  const { accuracy, auroc } = detect(
    await trained.errors(await allRows(own.test)),
    own.test.labels,
    thresholdOf(calm, run.deviations),
  );
  return { accuracy, auroc };
}
