import { FILLS, LONGEST, SCALES, SHORTEST } from '@hourglass/datasets';
import { SERIES_MODELS } from '@hourglass/experiments';
import type { Command } from 'commander';
import { fromUser } from '../io/paths.ts';
import { UsageError } from './errors.ts';
import { list, oneOf, positiveNumber, wholeNumber } from './options.ts';

/** Adds the options for reading files of series. */
export function addReadingOptions(command: Command): Command {
  return command
    .argument('[more...]', 'series: further files after the first', (text: string, earlier: readonly string[] = []) => [
      ...earlier,
      fromUser(text),
    ])
    .optionsGroup('Series:')
    .option(
      '--columns <names>',
      'the channels, such as x,y (default: all columns of numbers)',
      list('--columns', String),
    )
    .option('--time <column>', 'the column of timestamps: rows are instants of a recording')
    .option('--id <column>', 'the column that identifies the series of a row')
    .option('--label <column>', 'the column that says whether a row is normal')
    .option('--normal <value>', 'the label of normal rows')
    .option('--fill <how>', 'fill gaps: linear or previous (default: gaps cause an error)', oneOf('--fill', FILLS))
    .option(
      '--layout <what>',
      'whether each row is one of many series or an instant of a recording: series or recording (default: detected from the data)',
      oneOf('--layout', ['series', 'recording'] as const),
    )
    .option('--query <sql>', 'an SQL query that selects the rows to read; the table data contains the files');
}

/** Adds the options for creating a series detector. */
export function addDetectorOptions(command: Command): Command {
  return command
    .option(
      '--window <n>',
      'instants per window (default: the detected period)',
      wholeNumber('--window', { min: SHORTEST, max: LONGEST }),
    )
    .option(
      '--stride <n>',
      'instants between the starts of two windows (default: up to a quarter of a window)',
      wholeNumber('--stride'),
    )
    .option(
      '--model <kind>',
      'dense or conv (default: conv for more than 16 instants)',
      oneOf('--model', SERIES_MODELS),
    )
    .option(
      '--scale <how>',
      'minmax, robust or standard, for each channel (default: standard)',
      oneOf('--scale', SCALES),
    )
    .option(
      '--contamination <share>',
      'the share of normal windows above the threshold (default: 0.01, or more if windows without labels contain outliers)',
      share('--contamination', { least: Number.MIN_VALUE, most: 0.5 }),
    )
    .option(
      '--deviations <k>',
      'set the threshold k standard deviations above the mean score, instead of --contamination',
      positiveNumber('--deviations'),
    );
}

/** Parses a share of a whole. */
export function share(flag: string, { least, most }: { least: number; most: number }): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || value < least || value > most)
      throw new UsageError(
        `${flag} must be a share ${least > 0 ? 'above 0 and at most' : 'from 0 to'} ${most}, such as 0.1, not '${text}'.`,
      );
    return value;
  };
}
