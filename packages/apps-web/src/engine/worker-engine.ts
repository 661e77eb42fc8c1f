import { DATASETS } from '@hourglass/datasets';
import {
  addNoiseOnHost,
  allRows,
  calibrationOf,
  EXPERIMENTS,
  type Experiment,
  firstSamples,
  fitWeights,
  GANS,
  type Half,
  isGenerative,
  NORMAL,
  type Noise,
  noiseOf,
  planeOf,
  pointsOf,
  principalDirections,
  rescaled,
  type Samples,
  SCORES,
  SERIES_ID,
  scoreOf,
  steepestDirections,
  type TrainedModel,
  thresholdOf,
  type WeightsFile,
} from '@hourglass/experiments';
import { decodeCheckpoint, readSafetensors } from '@hourglass/nn';
import { normalOnHost } from '@hourglass/tensor';
import { transfer } from 'comlink';
import { ACTIVATIONS, activationList } from './activations.ts';
import type {
  Activation,
  AdapterInfo,
  AddedData,
  Engine,
  JudgedSeries,
  KeptTraining,
  LessonFrame,
  LossPoint,
  ModelInfo,
  OnProgress,
  TestCodes,
  TestErrors,
  TestSamples,
  TrainingEvent,
  TrainingSettings,
} from './api.ts';
import { Datasets, type OpenDataset } from './datasets.ts';
import { Downloads, MissingFile } from './download.ts';
import { infoOf, OFFERED } from './experiment-info.ts';
import { keepLast, keepRun, keptCheckpoint, keptRuns, removeRun, runMetadata } from './kept-runs.ts';
import type { FittedModel } from './own-model.ts';
import { PageDevice } from './page-device.ts';
import type { Proposal } from './proposal.ts';
import { TrainingSession } from './training-session.ts';
import { readWeightsFile } from './weights-files.ts';

/** The number of test samples to encode if no codes ship. */
const ENCODED = 2000;

/** The number of test samples to find directions from if no directions ship. */
const ANALYSED = 256;

/** Most numbers in the samples that a page gets at once. */
const MOST_NUMBERS = 2 ** 24;

/** The experiments on the report's data, by their ids. */
const SHIPPABLE: ReadonlyMap<string, Experiment> = new Map([...EXPERIMENTS, ...GANS]);
/** The first half of a model: an encoder, or an adversarial network's discriminator. */
const FIRST_HALF = /^(encoder|discriminator)\./;

interface Loaded extends FittedModel {
  readonly info: Omit<ModelInfo, 'lacksData'>;
}

/** Implements {@link Engine} in the worker: owns the device, the models and the training run. */
export class WorkerEngine implements Engine {
  private readonly device = new PageDevice();
  private readonly shipped = new Downloads('models/');
  private readonly datasets = new Datasets();
  private readonly loaded = new Map<string, Promise<Loaded>>();
  private training: TrainingSession | undefined;

  async open(): Promise<AdapterInfo> {
    return (await this.device.open()).info;
  }

  async load(id: string, onProgress?: OnProgress): Promise<ModelInfo> {
    const { info } = await this.model(id, onProgress);
    return this.withData(info);
  }

  async loadFiles(id: string, files: readonly File[]): Promise<ModelInfo> {
    const read = await Promise.all(files.map(readWeightsFile));
    const { OWN_IDS } = await import('./own-model.ts');
    const named = read.map((file) => ('tensors' in file ? file.metadata?.['hourglass.experiment'] : undefined));
    const own = OWN_IDS.find((each) => named.includes(each));
    return this.own(own ?? id, read, read.map(({ name }) => name).join(', '));
  }

  async forget(id: string): Promise<void> {
    this.loaded.delete(id);
  }

  async ownModels(): Promise<readonly string[]> {
    return [...this.loaded.keys()].filter((id) => !SHIPPABLE.has(id));
  }

  encode(id: string, rows: Float32Array): Promise<Float32Array> {
    return this.run(id, (model) => model.encode(rows));
  }

  decode(id: string, codes: Float32Array): Promise<Float32Array> {
    return this.run(id, (model) => model.decode(codes));
  }

  reconstruct(id: string, rows: Float32Array): Promise<Float32Array> {
    return this.run(id, (model) => model.reconstruct(rows));
  }

  async activations(id: string, half: Half, input: Float32Array): Promise<Activation[]> {
    const { fitted } = await this.model(id);
    const { model } = fitted;
    const outputs = await this.using(id, (trained) =>
      trained.apply(ACTIVATIONS[half], input, { shape: model[half].inputShape }),
    );
    return activationList(model, half, outputs);
  }

  async testCodes(id: string, onProgress?: OnProgress): Promise<TestCodes> {
    const { info } = await this.model(id);
    const path = `${id}/codes.safetensors`;
    if (info.origin === 'shipped' && (await this.shipped.has(path))) {
      const { tensors } = readSafetensors(await this.shipped.get(path, onProgress), path);
      const codes = tensors.get('codes');
      const labels = tensors.get('classes');
      if (codes !== undefined && labels !== undefined) {
        const { classes } = DATASETS[experimentOf(id).dataset];
        return {
          ...onPlane(codes.data, info.latent),
          labels: Uint8Array.from(labels.data),
          classes,
          procedural: false,
        };
      }
    }
    const { rows, labels, classes, count, source } = await this.testSamples(id, ENCODED);
    const codes = await this.encode(id, rows);
    return {
      ...onPlane(codes, info.latent),
      ...(classes.length > 0 ? { labels, classes } : { labels: new Uint8Array(count), classes: ['your images'] }),
      procedural: source === 'procedural',
    };
  }

  async testSamples(id: string, limit: number): Promise<TestSamples> {
    const { data, source } = await this.dataFor(id);
    const { test, classes } = data;
    const size = test.shape.reduce((a, b) => a * b);
    const first = firstSamples(test, Math.min(limit, Math.floor(MOST_NUMBERS / size)));
    const rows = await allRows(first);
    const { count, shape, labels } = first;
    return transfer({ count, shape, rows, labels: labels.slice(), classes, source }, [rows.buffer]);
  }

  async judgeSeries(): Promise<JudgedSeries> {
    const { judgeTables } = await import('./judged-series.ts');
    const { detector } = await this.model(SERIES_ID);
    const { files } = this.datasets.proposal(SERIES_ID);
    return this.using(SERIES_ID, (trained) => judgeTables(trained, detector!, files));
  }

  async testErrors(id: string): Promise<TestErrors> {
    const { data, source } = await this.dataFor(id);
    const { info, fitted } = await this.model(id);
    const known = calibrationOf(fitted)?.threshold;
    const stored = known !== undefined;
    const measure = SCORES[scoreOf(fitted)];
    if (source === 'procedural' && info.origin === 'shipped') {
      const { errors, classes } = await this.extras(id);
      if (errors !== undefined && classes !== undefined) {
        const labels = Uint8Array.from(classes.data);
        const rule = known ?? thresholdOf(errors.data.filter((_, i) => labels[i] === NORMAL));
        return { errors: errors.data, measure, labels, threshold: rule, stored, source: 'shipped' };
      }
    }
    const errorsOf = async (samples: Samples) => {
      const rows = await allRows(samples);
      return this.run(id, (model) => model.errors(rows));
    };
    const errors = await errorsOf(data.test);
    const rule = known ?? thresholdOf(await errorsOf(data.train));
    return { errors, measure, labels: data.test.labels, threshold: rule, stored, source };
  }

  async directions(id: string, count: number): Promise<Float32Array> {
    const { fitted, info } = await this.model(id);
    if (GANS.has(id)) {
      const kernel = fitted.tensors.get(`${fitted.model.decoder.name}.dense.kernel`)!;
      return steepestDirections(kernel.data, info.latent, count);
    }
    const shipped = info.origin === 'shipped' ? (await this.extras(id)).directions : undefined;
    if (shipped !== undefined) return shipped.data.slice(0, count * info.latent);
    const { test } = (await this.dataFor(id)).data;
    if (test.shape.join() !== fitted.model.encoder.inputShape.join()) return new Float32Array(); // images of another size
    const codes = await this.encode(id, await allRows(firstSamples(test, ANALYSED)));
    return principalDirections(codes, info.latent, count);
  }

  async extras(id: string): Promise<Readonly<Record<string, { shape: readonly number[]; data: Float32Array }>>> {
    const path = `${id}/codes.safetensors`;
    if (!(await this.shipped.has(path))) return {};
    return Object.fromEntries(readSafetensors(await this.shipped.get(path), path).tensors);
  }

  async normal(count: number, seed: number): Promise<Float32Array> {
    return normalOnHost(count, { seed });
  }

  async noisy(rows: Float32Array, noise: Noise, seed: number): Promise<Float32Array> {
    return addNoiseOnHost(rows, noise, seed);
  }

  async lesson(listener: (frame: LessonFrame) => boolean | Promise<boolean>): Promise<void> {
    const { giveLesson } = await import('./lesson.ts');
    await giveLesson((await this.device.open()).device, await this.datasets.get('fashion-mnist'), listener);
  }

  async addData(files: readonly File[]): Promise<AddedData> {
    const own = await this.proposed(files);
    if (own !== undefined) {
      this.datasets.propose(own);
      return { description: own.description, experiments: [], own: own.experiments.map(infoOf) };
    }
    const { readDataFiles } = await import('./data-files.ts');
    const { id, data, description } = await readDataFiles(files);
    this.datasets.set(id, data);
    const users = OFFERED.filter(({ dataset }) => dataset === id);
    return { description, experiments: users.map((experiment) => experiment.id) };
  }

  keptTrainings(): Promise<readonly KeptTraining[]> {
    return keptRuns();
  }

  async keepTraining(name: string, curve: readonly LossPoint[]): Promise<void> {
    const { settings, step } = this.session;
    await keepRun(name, await this.session.checkpoint(runMetadata({ name, settings, step, curve })));
  }

  async keptCheckpoint(name: string): Promise<Uint8Array> {
    const bytes = await keptCheckpoint(name);
    return transfer(bytes, [bytes.buffer]);
  }

  forgetTraining(name: string): Promise<void> {
    return removeRun(name);
  }

  async prepareTraining(
    settings: TrainingSettings,
    listener: (event: TrainingEvent) => void,
    { resume }: { readonly resume?: string | undefined } = {},
  ): Promise<void> {
    await this.training?.pause();
    const from = resume === undefined ? undefined : decodeCheckpoint(await keptCheckpoint(resume), resume).snapshot;
    const { experiment, dataset, keeps } = this.datasets.trainable(settings.experiment);
    this.training = new TrainingSession(experiment, settings, {
      device: async () => (await this.device.open()).device,
      discardDevice: (device) => this.device.discard(device),
      tune: (products, onProgress) => this.device.tune(products, onProgress),
      rest: () => this.device.rest(),
      dataset,
      listener,
      keep: keeps ? (snapshot) => keepLast(settings, snapshot) : undefined,
      from,
    });
    await this.training.prepare();
  }

  async runTraining(): Promise<void> {
    void this.session.run(Number.POSITIVE_INFINITY);
  }

  async pauseTraining(): Promise<void> {
    await this.session.pause();
  }

  async stepTraining(steps = 1): Promise<void> {
    await this.session.run(steps);
  }

  async trainingCheckpoint(): Promise<Uint8Array> {
    const bytes = await this.session.checkpoint();
    return transfer(bytes, [bytes.buffer]);
  }

  async trainedOnnx(): Promise<Uint8Array> {
    const { onnxOf } = await import('./onnx.ts');
    const bytes = onnxOf(this.session.experiment, readSafetensors(await this.session.checkpoint(), 'the training'));
    return transfer(bytes, [bytes.buffer]);
  }

  async useTrained(): Promise<ModelInfo> {
    const name = 'trained here';
    const file = { name, ...readSafetensors(await this.session.checkpoint(), name) };
    return this.own(this.session.experiment.id, [file], name);
  }

  /**
   * The experiments for the visitor's files; undefined if the files belong to a dataset of the report, or to nothing
   * known.
   */
  private async proposed(files: readonly File[]): Promise<Proposal | undefined> {
    const { propose } = await import('./propose.ts');
    return propose(files, (await this.device.open()).info.kind);
  }

  private withData(info: Loaded['info']): ModelInfo {
    const { experiment } = info;
    return { ...info, lacksData: !SHIPPABLE.has(experiment) && !this.datasets.hasOwn(experiment) };
  }

  /**
   * The experiment's available data, scaled like the data its model was trained on. All of the visitor's own images
   * count as test samples, in the form that their model takes.
   */
  private async dataFor(id: string): Promise<OpenDataset> {
    if (!SHIPPABLE.has(id)) {
      const { data, images } = this.datasets.proposal(id);
      const { form } = await this.model(id);
      return { data: { ...data, test: await images!(form!) }, source: 'files' };
    }
    const { data, source } = await this.datasets.get(experimentOf(id).dataset);
    const calibration = calibrationOf((await this.model(id)).fitted);
    return { data: calibration === undefined ? data : rescaled(data, calibration), source };
  }

  private get session(): TrainingSession {
    if (this.training === undefined) throw new Error('There is no training run yet.');
    return this.training;
  }

  private model(id: string, onProgress?: OnProgress): Promise<Loaded> {
    const known = this.loaded.get(id);
    if (known !== undefined) return known;
    const experiment = SHIPPABLE.get(id);
    if (experiment === undefined) return Promise.reject(new MissingFile(`There is no model of '${id}'.`));
    const loading = this.fetchModel(experiment, onProgress);
    this.loaded.set(id, loading);
    loading.catch(() => this.loaded.delete(id));
    return loading;
  }

  private async fetchModel(experiment: Experiment, onProgress?: OnProgress): Promise<Loaded> {
    const path = `${experiment.id}/model.safetensors`;
    const { tensors, metadata } = readSafetensors(await this.shipped.get(path, onProgress), path);
    const isWhole = [...tensors.keys()].some((name) => FIRST_HALF.test(name));
    const fitted = fitWeights(experiment, [{ name: path, tensors, metadata }], isWhole ? undefined : ['decoder']);
    const model = { fitted, generates: isGenerative(experiment) };
    return { ...model, info: describe(experiment.id, model, 'shipped', 'shipped with this page') };
  }

  /** Makes weights the experiment's model. */
  private async own(id: string, files: readonly WeightsFile[], name: string): Promise<ModelInfo> {
    const experiment = SHIPPABLE.get(id);
    const model =
      experiment === undefined
        ? (await import('./own-model.ts')).fitOwn(id, files)
        : { fitted: fitWeights(experiment, files), generates: isGenerative(experiment) };
    const info = describe(id, model, 'own', name);
    this.loaded.set(id, Promise.resolve({ ...model, info }));
    return this.withData(info);
  }

  private async run(id: string, compute: (model: TrainedModel) => Promise<Float32Array>): Promise<Float32Array> {
    return handOver(await this.using(id, compute));
  }

  /** Runs the experiment's model. */
  private async using<Result>(id: string, compute: (model: TrainedModel) => Promise<Result>): Promise<Result> {
    const { fitted } = await this.model(id);
    return this.device.run(fitted, compute);
  }
}

function experimentOf(id: string): Experiment {
  const experiment = SHIPPABLE.get(id);
  if (experiment === undefined) throw new Error(`There is no experiment '${id}'.`);
  return experiment;
}

function describe(
  experiment: string,
  { fitted, generates }: FittedModel,
  origin: ModelInfo['origin'],
  name: string,
): Loaded['info'] {
  const { model, metadata } = fitted;
  const [latent, shape] = [model.decoder.inputShape[0]!, model.encoder.inputShape];
  return { experiment, origin, name, generates, latent, shape, noise: noiseOf(metadata) };
}

/** Codes [n, latent] on the plane that shows them. */
function onPlane(codes: Float32Array, latent: number): Pick<TestCodes, 'plane' | 'points'> {
  const plane = planeOf(codes, latent);
  return { plane, points: pointsOf(plane, codes) };
}

const handOver = (values: Float32Array): Float32Array => transfer(values, [values.buffer]);
