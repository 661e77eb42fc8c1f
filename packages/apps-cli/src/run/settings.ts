import type { PresetName, Recipe, RunSettings, Trainable } from '@hourglass/experiments';
import type { AdapterInfo } from '@hourglass/node';
import { UsageError } from '../usage/errors.ts';
import { unknownWord } from '../usage/nearest-word.ts';
import type { CommonOptions } from '../usage/options.ts';
import type { RunConfig } from './config.ts';
import type { SeriesFlags } from './series-settings.ts';

export interface TrainOptions extends CommonOptions, SeriesFlags {
  readonly preset?: string | undefined;
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
  readonly tune?: 'on' | 'off' | undefined;
}

/** Checks what can be checked before anything is read or made. @throws UsageError */
export function checkOptions(experiment: Trainable, options: TrainOptions): void {
  const { preset, size, out, resume } = options;
  const { sizes } = experiment;
  if (size !== undefined && sizes === undefined)
    throw new UsageError(`--size is for the cartoons; ${experiment.id} has images of one size.`);
  if (size !== undefined && !sizes!.includes(size))
    throw new UsageError(`--size is one of ${[...sizes!].sort((a, b) => a - b).join(', ')}, not ${size}.`);
  if (out !== undefined && resume !== undefined)
    throw new UsageError('--out and --resume exclude each other: a resumed run stays in its own folder.');
  if (preset === undefined || isPreset(experiment, preset)) return;
  const presets = Object.keys(experiment.presets);
  throw new UsageError(
    preset === 'best'
      ? `${experiment.id} has no preset 'best'; there are: ${presets.join(', ')}.`
      : unknownWord('--preset', preset, presets),
  );
}

/** What a new run is to compute. The default preset is `report` on hardware and `quick` on software. */
export function newSettings(experiment: Trainable, options: TrainOptions, kind: AdapterInfo['kind']): RunSettings {
  const given = options.preset;
  const preset = given !== undefined && isPreset(experiment, given) ? given : kind === 'hardware' ? 'report' : 'quick';
  const recipe = experiment.presets[preset]!;
  return {
    preset,
    epochs: options.epochs ?? recipe.epochs,
    batchSize: options.batch ?? recipe.batchSize,
    learningRate: options.lr ?? recipe.learningRate,
    limit: options.limit ?? recipe.limit,
    testLimit: recipe.testLimit,
    latent: options.latent ?? experiment.latent,
    size: options.size ?? sizeOf(experiment, recipe),
    seed: options.seed ?? 0,
  };
}

/**
 * What a resumed run computes: its own settings, up to `--epochs` if given.
 *
 * @param completed the epochs the run has behind it
 * @throws UsageError if an option contradicts the run
 */
export function resumedSettings(
  experiment: Trainable,
  config: RunConfig,
  options: TrainOptions,
  completed: number,
): RunSettings {
  const { settings } = config;
  const pairs: readonly [flag: string, given: unknown, own: unknown][] = [
    ['--preset', options.preset, settings.preset],
    ['--batch', options.batch, settings.batchSize],
    ['--lr', options.lr, settings.learningRate],
    ['--limit', options.limit, settings.limit ?? 'none'],
    ['--latent', options.latent, settings.latent],
    ['--size', options.size, settings.size],
    ['--seed', options.seed, settings.seed],
  ];
  for (const [flag, given, own] of pairs) {
    if (given !== undefined && given !== own) {
      throw new UsageError(
        `${flag} ${given} contradicts the run, whose own is ${own}. Leave it out, or start a new run without --resume.`,
      );
    }
  }
  const epochs = options.epochs ?? settings.epochs;
  if (epochs < completed) {
    throw new UsageError(
      `--epochs ${epochs} is less than the ${completed} epochs the run has behind it; with --resume it is the total to reach.`,
    );
  }
  const { schedule = 'constant' } = experiment.presets[settings.preset]!;
  if (epochs !== settings.epochs && schedule !== 'constant') {
    throw new UsageError(
      `--epochs ${epochs} contradicts the run, whose learning rate falls to 0 over ${settings.epochs} epochs. Start a new run for another number.`,
    );
  }
  return { ...settings, epochs };
}

/** The settings in which a run differs from its preset, as options: `--epochs 2 --limit 2000`. */
export function changesToPreset(experiment: Trainable, settings: RunSettings): string {
  const recipe = experiment.presets[settings.preset]!;
  const pairs: readonly [flag: string, value: unknown, usual: unknown][] = [
    ['--epochs', settings.epochs, recipe.epochs],
    ['--batch', settings.batchSize, recipe.batchSize],
    ['--lr', settings.learningRate, recipe.learningRate],
    ['--limit', settings.limit, recipe.limit],
    ['--latent', settings.latent, experiment.latent],
    ['--size', settings.size, sizeOf(experiment, recipe)],
  ];
  return pairs
    .filter(([, value, usual]) => value !== usual)
    .map(([flag, value]) => `${flag} ${value}`)
    .join(' ');
}

const isPreset = (experiment: Trainable, name: string): name is PresetName => Object.hasOwn(experiment.presets, name);

/** Height and width of the images that a recipe is for, where the experiment leaves them open. */
export const sizeOf = ({ sizes }: Trainable, { size }: Recipe): number | undefined => size ?? sizes?.[0];
