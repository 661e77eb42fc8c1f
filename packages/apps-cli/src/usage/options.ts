import { NOISE_FORMS, type Noise, parseNoise } from '@hourglass/experiments';
import type { AdapterChoice } from '@hourglass/node';
import { type Command, Option } from 'commander';
import { fromUser } from '../io/paths.ts';
import { UsageError } from './errors.ts';
import { unknownWord } from './nearest-word.ts';

/** The options of every command. Paths are absolute. */
export interface CommonOptions {
  readonly adapter?: AdapterChoice | undefined;
  readonly data?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly cacheDir?: string | undefined;
  /** Whether an image that can't be decoded is an error, instead of being skipped. */
  readonly strict?: boolean | undefined;
  readonly seed?: number | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly debug?: boolean | undefined;
}

/** Seeds are u32 on the GPU. */
export const LARGEST_SEED = 2 ** 32 - 1;
export const LARGEST_LATENT = 4096;

export const ADAPTER_CHOICES = ['auto', 'hardware', 'software'] as const satisfies readonly AdapterChoice[];

/** Adds the options of {@link CommonOptions} to a command. */
export function addCommonOptions(command: Command): Command {
  const adapter = new Option('--adapter <kind>', 'the adapter to run on: auto, hardware or software (default: auto)');
  const dataDir = new Option('--data-dir <folder>', 'the folder of the datasets').env('HOURGLASS_DATA');
  return command
    .optionsGroup('Common options:')
    .addOption(adapter.argParser(oneOf('--adapter', ADAPTER_CHOICES)))
    .option(
      '--data <path>',
      'the file or folder of the data: your own data, or one dataset instead of --data-dir',
      path('--data'),
    )
    .addOption(dataDir.argParser(path('--data-dir')))
    .option(
      '--cache-dir <folder>',
      "the folder for downloads (default: the platform's cache folder)",
      path('--cache-dir'),
    )
    .option('--strict', 'fail if an image can’t be decoded, instead of skipping it')
    .option(
      '--seed <n>',
      'the seed of all random numbers (default: 0)',
      wholeNumber('--seed', { min: 0, max: LARGEST_SEED }),
    )
    .option('--json', 'write the result as one JSON object')
    .option('--quiet', 'print only the result and errors')
    .option('--debug', 'show where in the program an error occurred');
}

/** A parser of whole numbers from `min` (default 1) to `max`. It throws UsageError for other texts. */
export function wholeNumber(flag: string, { min = 1, max = Number.MAX_SAFE_INTEGER } = {}): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
      throw new UsageError(`${flag} must be a whole number ${range}, not '${text}'.`);
    }
    return value;
  };
}

/** A parser of decimal numbers above 0. It throws UsageError for other texts. */
export function positiveNumber(flag: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || value <= 0 || !Number.isFinite(value)) {
      throw new UsageError(`${flag} must be a number above 0, such as 0.001 or 1e-3, not '${text}'.`);
    }
    return value;
  };
}

/** A parser that accepts a few words. It throws UsageError for others. */
export function oneOf<Word extends string>(flag: string, words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((known) => known === text);
    if (word === undefined) throw new UsageError(unknownWord(flag, text, words));
    return word;
  };
}

/** A parser of a kind of noise and its amount. It throws UsageError for other texts. */
export function noise(flag: string): (text: string) => Noise {
  return (text) => {
    const parsed = parseNoise(text);
    if (parsed === undefined) throw new UsageError(`${flag} must be ${NOISE_FORMS}, not '${text}'.`);
    return parsed;
  };
}

/** A parser of words separated by commas, each parsed by `parse`. It throws UsageError if a word is empty. */
export function list<Item>(flag: string, parse: (text: string) => Item): (text: string) => Item[] {
  return (text) => {
    const words = text.split(',').map((word) => word.trim());
    if (words.includes('')) throw new UsageError(`${flag} must be a list such as a,b, not '${text}'.`);
    return words.map(parse);
  };
}

/**
 * A parser of paths, which are relative to the user's current folder, to absolute ones. It throws UsageError for an
 * empty text.
 */
export function path(flag: string): (text: string) => string {
  return (text) => {
    if (text === '') throw new UsageError(`${flag} needs a path, but it is empty.`);
    return fromUser(text);
  };
}

/** The option to measure the kernels, of the commands that train. */
export const tuneOption = (): Option =>
  new Option('--tune <when>', 'measure the kernels on a new GPU: on or off (default: on)').argParser(
    oneOf('--tune', ['on', 'off'] as const),
  );
