import {
  encodeCheckpoint,
  type Metrics,
  type OptimizerRule,
  optimizers,
  type Snapshot,
  scheduled,
  Trainer,
  Weights,
  WeightsError,
} from '@hourglass/nn';
import type { Device, Product } from '@hourglass/tensor';
import type { EpochLosses } from './epoch-losses.ts';
import type { Hyperparameters, OptimizerName, PresetName, Trainable } from './experiment.ts';
import type { Figure, FigureSource } from './figure-source.ts';
import { holdBack } from './hold-back.ts';
import { lossFigure } from './loss-figure.ts';
import { discriminatorOf, networksOf } from './model.ts';
import { noiseMetadata } from './noise.ts';
import type { Loss } from './objectives.ts';
import { productsOfStep } from './products-of-step.ts';
import { batchesOf, type ExperimentData, firstSamples } from './samples.ts';
import { fitWeights, type WeightsFile } from './stored-weights.ts';
import { inferenceBatch, TrainedModel } from './trained-model.ts';

/** Everything that determines the results of a run. */
export interface RunSettings extends Hyperparameters {
  /** Also determines the parts of the recipe that have no separate setting. */
  readonly preset: PresetName;
  /** Validate and draw only this many samples, chosen by {@link firstSamples}; undefined: all. */
  readonly testLimit?: number | undefined;
  /** Stop after this many epochs without a lower validation loss; undefined: train to the last epoch. */
  readonly patience?: number | undefined;
}

/** The largest validation batch. The limit is memory, not speed. */
const VALIDATION_BATCH = 500;

const RULES: Readonly<Record<OptimizerName, OptimizerRule>> = {
  adam: optimizers.adam(),
  adamw: optimizers.adamW(),
  sgd: optimizers.sgd({ momentum: 0.9 }),
};

const LOSS_NAMES: Readonly<Record<Loss, string>> = { mse: 'MSE', mae: 'MAE', bce: 'cross-entropy', ssim: '1 - SSIM' };

/** The experiment with the chosen loss, beta and noise. */
function withObjective(
  experiment: Trainable,
  { loss, beta, noise }: Pick<RunSettings, 'loss' | 'beta' | 'noise'>,
): Trainable {
  if (loss === undefined && beta === undefined && noise === undefined) return experiment;
  const { lossName, variational, objective } = experiment;
  return {
    ...experiment,
    lossName: loss === undefined || variational ? lossName : LOSS_NAMES[loss],
    objective: (model) => objective(model, { loss, beta, noise }),
  };
}

/** The products of a run's training steps, the largest first. */
export function productsOfRun(device: Device, experiment: Trainable, settings: RunSettings): Product[] {
  const { batchSize, latent, size, preset } = settings;
  const { hidden } = experiment.presets[preset]!;
  return productsOfStep(device, experiment, { batchSize, latent, size, hidden });
}

/** One training run of an experiment on its data: model, weights, trainer and figures. */
export class Run implements FigureSource {
  readonly experiment: Trainable;
  readonly settings: RunSettings;
  /** The data of the run. Its `test` contains the validation samples. */
  readonly data: ExperimentData;
  readonly trainer: Trainer;
  /** The weights being trained, except a discriminator's. */
  readonly weights: Weights;
  private readonly opponent: Weights | undefined;
  /** The model with its current weights. */
  readonly trained: TrainedModel;
  /** Samples in an epoch, counting repeats. */
  readonly samplesPerEpoch: number;

  /** @throws DataError if holding back the validation samples leaves none to train on, or holds back none */
  constructor(device: Device, experiment: Trainable, data: ExperimentData, settings: RunSettings) {
    const { batchSize, learningRate, limit, testLimit, latent, seed, optimizer } = settings;
    this.experiment = withObjective(experiment, settings);
    this.settings = settings;
    const { train, validation = data.test } = settings.validation ? holdBack(data, settings.validation) : data;
    this.data = { ...data, train, test: firstSamples(validation, testLimit ?? validation.count) };
    const recipe = experiment.presets[settings.preset]!;
    const { hidden } = recipe;
    const { patience } = settings;
    const schedule = settings.schedule ?? recipe.schedule ?? 'constant';
    const model = experiment.build({ latent, size: experiment.imageSizes && data.train.shape[0], hidden });
    const opponent = experiment.opponent && {
      ...experiment.opponent(model),
      // Another seed: with the same seed, both networks would begin with the same numbers.
      weights: new Weights(device, [discriminatorOf(model)], (seed + 1) >>> 0),
    };
    const own = networksOf(model).filter((network) => opponent === undefined || network !== discriminatorOf(model));
    const weights = new Weights(device, own, seed);
    this.weights = weights;
    this.opponent = opponent?.weights;
    this.trained = new TrainedModel(model, weights, { seed, noise: settings.noise, score: recipe.score });
    const training = batchesOf(device, train, limit, seed);
    this.samplesPerEpoch = training.count;
    const steps = settings.epochs * Math.ceil(training.count / batchSize);
    this.trainer = new Trainer({
      weights,
      objective: this.experiment.objective(model),
      opponent,
      training,
      validation: batchesOf(device, this.data.test),
      batchSize,
      optimizer: optimizer === undefined ? (experiment.optimizer ?? RULES.adam) : RULES[optimizer],
      ...(patience === undefined ? {} : { earlyStopping: { patience } }),
      learningRate: scheduled(schedule, learningRate, steps),
      seed,
      validationBatchSize: inferenceBatch(model, VALIDATION_BATCH),
    });
  }

  get deviations(): number | undefined {
    return this.experiment.presets[this.settings.preset]?.deviations;
  }

  /**
   * The current state as the bytes of a checkpoint, from which the run resumes exactly. Does not include training time.
   */
  async checkpoint(): Promise<Uint8Array> {
    const { state, tensors } = await this.trainer.snapshot();
    const snapshot = { tensors, state: { ...state, seconds: 0, samples: 0 } };
    const own = await this.experiment.metadata?.(this);
    const noise = this.settings.noise && noiseMetadata(this.settings.noise);
    return encodeCheckpoint(snapshot, { 'hourglass.experiment': this.experiment.id, format: 'pt', ...noise, ...own });
  }

  /** Starts from weights that were trained before. @throws WeightsError if they belong to another model, or lack a network */
  startFrom(files: readonly WeightsFile[]): void {
    const { model, weights } = this.trained;
    const { tensors, source } = fitWeights({ latent: this.trained.latent, presets: {}, build: () => model }, files);
    const lacking = networksOf(model).find((network) => network.weights.some(({ name }) => !tensors.has(name)));
    if (lacking !== undefined)
      throw new WeightsError(`${source}: no weights for the ${lacking.name}. Also give the file that has them.`);
    for (const own of [weights, this.opponent]) own?.write(tensors, source);
  }

  /** Continues from a snapshot. @throws WeightsError if it belongs to another model. */
  restore(snapshot: Snapshot, source: string): void {
    this.trainer.restore(snapshot, source);
  }

  /** The metrics of the current weights on the validation samples. */
  async validate(): Promise<Metrics> {
    return { ...(await this.trainer.evaluate()), ...(await this.experiment.validation?.(this)) };
  }

  progressFigure(epoch: number, validation: Metrics): Promise<Figure> {
    return this.experiment.progressFigure(this, epoch, validation);
  }

  /** The figures of the finished run. `epochs` are the losses of every epoch, for the curves. */
  async finalFigures(epochs: readonly EpochLosses[]): Promise<Figure[]> {
    return [...(await this.experiment.finalFigures(this)), ...lossFigure(this, epochs)];
  }
}
