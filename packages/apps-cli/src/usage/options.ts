import type { AdapterChoice } from '@hourglass/node';
import { type Command, Option } from 'commander';
import { fromUser } from '../io/paths.ts';
import { UsageError } from './errors.ts';
import { unknownWord } from './nearest-word.ts';

/** What every command takes. Paths are absolute. */
export interface CommonOptions {
  readonly adapter?: AdapterChoice | undefined;
  readonly data?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly cacheDir?: string | undefined;
  /** Makes an image that can't be decoded an error. */
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
  const adapter = new Option('--adapter <kind>', 'the GPU to run on: auto, hardware or software (default: auto)');
  const dataDir = new Option('--data-dir <folder>', 'where data sets lie').env('HOURGLASS_DATA');
  return command
    .optionsGroup('Common options:')
    .addOption(adapter.argParser(oneOf('--adapter', ADAPTER_CHOICES)))
    .option('--data <path>', 'exactly this data set', path('--data'))
    .addOption(dataDir.argParser(path('--data-dir')))
    .option(
      '--cache-dir <folder>',
      "where downloads are kept (default: the platform's cache folder)",
      path('--cache-dir'),
    )
    .option('--strict', 'fail on an image that can’t be decoded, instead of skipping it')
    .option('--seed <n>', 'of all random numbers (default: 0)', wholeNumber('--seed', { min: 0, max: LARGEST_SEED }))
    .option('--json', 'write the result as one JSON object')
    .option('--quiet', 'say nothing but the result and errors')
    .option('--debug', 'show where in the program an error arose');
}

/** Parses a whole number from `min` (default 1) to `max`. */
export function wholeNumber(flag: string, { min = 1, max = Number.MAX_SAFE_INTEGER } = {}): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      const upTo = max === Number.MAX_SAFE_INTEGER ? 'up' : `to ${max}`;
      throw new UsageError(`${flag} is a whole number from ${min} ${upTo}, not '${text}'.`);
    }
    return value;
  };
}

/** Parses a decimal number above 0. */
export function positiveNumber(flag: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || value <= 0 || !Number.isFinite(value)) {
      throw new UsageError(`${flag} is a number above 0 such as 0.001 or 1e-3, not '${text}'.`);
    }
    return value;
  };
}

/** Parses one of a few words. */
export function oneOf<Word extends string>(flag: string, words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((known) => known === text);
    if (word === undefined) throw new UsageError(unknownWord(flag, text, words));
    return word;
  };
}

/** Parses words that commas separate, each by `parse`. */
export function list<Item>(flag: string, parse: (text: string) => Item): (text: string) => Item[] {
  return (text) => {
    const words = text.split(',').map((word) => word.trim());
    if (words.includes('')) throw new UsageError(`${flag} is a list such as a,b, not '${text}'.`);
    return words.map(parse);
  };
}

/** Parses a path, relative to where the user stands, to an absolute one. */
export function path(flag: string): (text: string) => string {
  return (text) => {
    if (text === '') throw new UsageError(`${flag} needs a path, but it is empty.`);
    return fromUser(text);
  };
}
