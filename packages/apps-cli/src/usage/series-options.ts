import { FILLS, LONGEST, SCALES, SHORTEST } from '@hourglass/datasets';
import { SERIES_MODELS } from '@hourglass/experiments';
import type { Command } from 'commander';
import { fromUser } from '../io/paths.ts';
import { UsageError } from './errors.ts';
import { list, oneOf, positiveNumber, wholeNumber } from './options.ts';

/** Adds what says how files of series are read. */
export function addReadingOptions(command: Command): Command {
  return command
    .argument('[more...]', 'series: files beyond that of --data', (text: string, earlier: readonly string[] = []) => [
      ...earlier,
      fromUser(text),
    ])
    .optionsGroup('Series:')
    .option(
      '--columns <names>',
      'the channels, such as x,y (default: all columns of numbers)',
      list('--columns', String),
    )
    .option('--time <column>', 'the column of time stamps: rows are instants of a recording')
    .option('--id <column>', 'the column that says to which series a row belongs')
    .option('--label <column>', 'the column that says whether a row is normal')
    .option('--normal <value>', 'what it says of a normal one')
    .option('--fill <how>', 'fill gaps: linear or previous (default: a gap is an error)', oneOf('--fill', FILLS))
    .option(
      '--layout <what>',
      'whether a row is one of many series, or an instant of a recording: series or recording (default: what it looks like)',
      oneOf('--layout', ['series', 'recording'] as const),
    )
    .option('--query <sql>', 'what to read, in SQL; the files are the table data');
}

/** Adds what says how a detector of series is made. */
export function addDetectorOptions(command: Command): Command {
  return command
    .option(
      '--window <n>',
      'instants of a window (default: the period that is seen)',
      wholeNumber('--window', { min: SHORTEST, max: LONGEST }),
    )
    .option(
      '--stride <n>',
      'instants between two windows (default: up to a quarter of a window)',
      wholeNumber('--stride'),
    )
    .option('--model <kind>', 'dense or conv (default: conv beyond 64 instants)', oneOf('--model', SERIES_MODELS))
    .option(
      '--scale <how>',
      'minmax, robust or standard, for each channel (default: standard)',
      oneOf('--scale', SCALES),
    )
    .option(
      '--contamination <share>',
      'the threshold is above all but this share of normal windows (default: 0.01)',
      share('--contamination', { least: Number.MIN_VALUE, most: 0.5 }),
    )
    .option(
      '--deviations <k>',
      'instead: the threshold is k standard deviations above the mean',
      positiveNumber('--deviations'),
    )
    .option(
      '--validation <share>',
      'the share that is held back: of normal windows (default: 0.2), or of images (default: 0.1)',
      share('--validation', { least: 0, most: 0.9 }),
    );
}

function share(flag: string, { least, most }: { least: number; most: number }): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || value < least || value > most)
      throw new UsageError(
        `${flag} is a share ${least > 0 ? 'above 0' : 'from 0'} up to ${most}, such as 0.1, not '${text}'.`,
      );
    return value;
  };
}
