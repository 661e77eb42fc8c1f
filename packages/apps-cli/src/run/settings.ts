import {
  type Hyperparameters,
  hasEncoder,
  type PresetName,
  type Recipe,
  type RunSettings,
  type Trainable,
} from '@hourglass/experiments';
import type { AdapterInfo } from '@hourglass/node';
import { UsageError } from '../usage/errors.ts';
import { unknownWord } from '../usage/nearest-word.ts';
import type { CommonOptions } from '../usage/options.ts';
import type { RunConfig } from './config.ts';
import type { ImageFlags } from './images-settings.ts';
import type { SeriesFlags } from './series-settings.ts';

export interface TrainOptions extends CommonOptions, SeriesFlags, ImageFlags {
  readonly preset?: string | undefined;
  /** Hyperparameters under the names of their flags. */
  readonly epochs?: number | undefined;
  readonly batch?: number | undefined;
  readonly lr?: number | undefined;
  readonly limit?: number | undefined;
  readonly latent?: number | undefined;
  readonly size?: number | undefined;
  readonly out?: string | undefined;
  readonly resume?: string | undefined;
  readonly keepEpochs?: boolean | undefined;
  readonly figures?: string | undefined;
  readonly schedule?: RunSettings['schedule'];
  readonly optimizer?: RunSettings['optimizer'];
  readonly loss?: RunSettings['loss'];
  readonly beta?: number | undefined;
  readonly noise?: RunSettings['noise'];
  readonly patience?: number | undefined;
  /** The initial weights: run folders and files, absolute. */
  readonly weights?: readonly string[] | undefined;
  /** The file to which progress is appended during training, absolute. */
  readonly log?: string | undefined;
  /** Write events for TensorBoard into the run folder. */
  readonly tensorboard?: boolean | undefined;
  readonly tune?: 'on' | 'off' | undefined;
}

/** The option for each hyperparameter, in the order in which commands list them. */
const OPTIONS = {
  epochs: 'epochs',
  batchSize: 'batch',
  learningRate: 'lr',
  limit: 'limit',
  latent: 'latent',
  size: 'size',
  seed: 'seed',
  schedule: 'schedule',
  optimizer: 'optimizer',
  loss: 'loss',
  beta: 'beta',
  noise: 'noise',
  validation: 'validation',
} as const satisfies Readonly<Record<keyof Hyperparameters, keyof TrainOptions>>;
const HYPERPARAMETERS = Object.keys(OPTIONS) as (keyof Hyperparameters)[];

/** Checks what can be checked before anything is read or created. @throws UsageError */
export function checkOptions(experiment: Trainable, options: TrainOptions): void {
  const { preset, size, out, resume } = options;
  const { imageSizes } = experiment;
  if (size !== undefined && imageSizes === undefined)
    throw new UsageError(`--size is for cartoons; the images of ${experiment.id} have one fixed size.`);
  if (size !== undefined && !imageSizes!.includes(size))
    throw new UsageError(`--size must be one of ${[...imageSizes!].sort((a, b) => a - b).join(', ')}, not ${size}.`);
  if (out !== undefined && resume !== undefined)
    throw new UsageError("--out and --resume can't be used together: a resumed run stays in its own folder.");
  if (options.beta !== undefined && !experiment.variational)
    throw new UsageError(`--beta is for variational models; ${experiment.id} is not one.`);
  if (options.loss === 'ssim' && !takesImages(experiment))
    throw new UsageError(`--loss ssim compares images; ${experiment.id} trains on series. Use mse, mae or bce.`);
  if (options.noise !== undefined && !experiment.noisyInput)
    throw new UsageError(`--noise is for denoisers; ${experiment.id} is not one.`);
  if (options.loss !== undefined && !hasEncoder(experiment))
    throw new UsageError(`--loss is a reconstruction loss; ${experiment.id} reconstructs nothing.`);
  if (options.patience !== undefined && experiment.opponent !== undefined)
    throw new UsageError(`--patience waits for a lower loss; the losses of ${experiment.id} do not show progress.`);
  if (options.weights !== undefined && resume !== undefined)
    throw new UsageError("--weights and --resume can't be used together: a resumed run has its own weights.");
  if (preset === undefined || isPreset(experiment, preset)) return;
  const presets = Object.keys(experiment.presets);
  throw new UsageError(
    preset === 'best'
      ? `${experiment.id} has no preset 'best'; its presets are ${presets.join(', ')}.`
      : unknownWord('--preset', preset, presets),
  );
}

/** The settings of a new run. The default preset is `report` on hardware and `quick` on software. */
export function newSettings(experiment: Trainable, options: TrainOptions, kind: AdapterInfo['kind']): RunSettings {
  const wanted = options.preset;
  const preset =
    wanted !== undefined && isPreset(experiment, wanted) ? wanted : kind === 'hardware' ? 'report' : 'quick';
  const { testLimit } = experiment.presets[preset]!;
  const usual = hyperparametersOf(experiment, preset);
  const given = HYPERPARAMETERS.map((name) => [name, options[OPTIONS[name]]] as const);
  const chosen = { ...usual, ...Object.fromEntries(given.filter(([, value]) => value !== undefined)) };
  // --validation 0 validates on the test split.
  return { preset, testLimit, patience: options.patience, ...chosen, validation: chosen.validation || undefined };
}

/** The settings of a preset, used unless the user chooses others. */
function hyperparametersOf(experiment: Trainable, preset: PresetName): Hyperparameters {
  const recipe = experiment.presets[preset]!;
  const { epochs, batchSize, learningRate, limit, validation } = recipe;
  return {
    epochs,
    batchSize,
    learningRate,
    limit,
    validation,
    latent: experiment.latent,
    size: imageSizeOf(experiment, recipe),
    seed: 0,
  };
}

/**
 * The settings of a resumed run: its own, with the total of `--epochs` if given.
 *
 * @param completed the number of epochs that the run has completed
 * @throws UsageError if an option contradicts the run
 */
export function resumedSettings(
  experiment: Trainable,
  config: RunConfig,
  options: TrainOptions,
  completed: number,
): RunSettings {
  const { settings } = config;
  const fixed = HYPERPARAMETERS.filter((name) => name !== 'epochs');
  const pairs: readonly (readonly [flag: string, given: unknown, own: unknown])[] = [
    ['--preset', options.preset, settings.preset],
    ...fixed.map((name) => [`--${OPTIONS[name]}`, options[OPTIONS[name]], settings[name] ?? 'none'] as const),
  ];
  for (const [flag, given, own] of pairs) {
    if (given !== undefined && given !== own) {
      throw new UsageError(
        `${flag} ${given} contradicts the run, which uses ${own}. Omit it, or start a new run without --resume.`,
      );
    }
  }
  const epochs = options.epochs ?? settings.epochs;
  if (epochs < completed) {
    throw new UsageError(
      `--epochs ${epochs} is less than the ${completed} epochs that the run has completed; with --resume, it is the total.`,
    );
  }
  const schedule = settings.schedule ?? experiment.presets[settings.preset]!.schedule ?? 'constant';
  if (epochs !== settings.epochs && schedule !== 'constant') {
    throw new UsageError(
      `--epochs ${epochs} contradicts the run, whose learning rate falls to 0 over ${settings.epochs} epochs. To train a different number, start a new run.`,
    );
  }
  return { ...settings, epochs, patience: options.patience ?? settings.patience };
}

/** The settings that differ from the run's preset, as options: `--epochs 2 --limit 2000`. */
export const changesToPreset = (experiment: Trainable, settings: RunSettings): string =>
  changed(experiment, settings, ['seed']).join(' ');

/**
 * The settings that differ from the run's preset, as words, except epochs, batch, learning rate, limit and image size.
 */
export const choicesBesidesPreset = (experiment: Trainable, settings: RunSettings): string[] =>
  changed(experiment, settings, ['epochs', 'batchSize', 'learningRate', 'limit', 'size']);

function changed(experiment: Trainable, settings: RunSettings, omitted: readonly (keyof Hyperparameters)[]): string[] {
  const usual = hyperparametersOf(experiment, settings.preset);
  return HYPERPARAMETERS.filter((name) => !omitted.includes(name) && settings[name] !== usual[name]).flatMap((name) => [
    `--${OPTIONS[name]}`,
    String(settings[name] ?? 0), // undefined only for --validation, which 0 switches off
  ]);
}

/** Whether the model's samples are [height, width, channels]. */
const takesImages = ({ build, latent, imageSizes }: Trainable): boolean =>
  build({ latent, size: imageSizes?.[0] }).encoder.inputShape.length === 3;

const isPreset = (experiment: Trainable, name: string): name is PresetName => Object.hasOwn(experiment.presets, name);

/** The image size of a recipe, if the experiment does not fix it. */
export const imageSizeOf = ({ imageSizes }: Trainable, { size }: Recipe): number | undefined => size ?? imageSizes?.[0];
