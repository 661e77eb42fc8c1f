import type { EpochLosses } from '@hourglass/experiments';
import type { Metrics } from '@hourglass/nn';
import { UsageError } from './errors.ts';

/** Where a run stood at the end of an epoch; in results, at the end of the last. */
export interface EpochMetrics extends EpochLosses {
  /** Epochs and optimiser steps made in all. */
  readonly epochs: number;
  readonly steps: number;
  /** Of all training steps, the first of each process apart. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
}

const COMMON = ['epochs', 'steps', 'loss', 'valLoss'] as const;
/** What goes by the clock, in a file of its own: all others are the same whenever a run is made again. */
const TIMES = ['seconds', 'samplesPerSecond'] as const;

const toTitle = (key: string): string =>
  key === 'epochs' ? 'epoch' : key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const toKey = (title: string): string =>
  title === 'epoch' ? 'epochs' : title.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The parts of an epoch's losses by their names in results: those of the validation begin with `val`. */
export function partsOf(training: Metrics, validation: Metrics): Partial<EpochLosses> {
  const parts = (metrics: Metrics): [string, number][] => Object.entries(metrics).filter(([name]) => name !== 'loss');
  const twins = parts(validation).map(([name, value]) => [`val${name[0]!.toUpperCase()}${name.slice(1)}`, value]);
  return Object.fromEntries([...parts(training), ...twins]);
}

/** `metrics.csv`: a row an epoch, with every digit. A number that is not finite is written as JavaScript writes it, NaN or Infinity. */
export function formatMetrics(rows: readonly EpochMetrics[]): string {
  const isTime = (key: string): boolean => TIMES.some((time) => time === key);
  const own = Object.keys(rows[0] ?? {}).filter((key) => !isTime(key)) as (keyof EpochMetrics)[];
  return formatColumns(rows.length > 0 ? own : COMMON, rows);
}

/** `timing.csv`: when the epochs ended, in seconds of training, and how fast they went. */
export const formatTimes = (rows: readonly EpochMetrics[]): string => formatColumns(['epochs', ...TIMES], rows);

function formatColumns(keys: readonly (keyof EpochMetrics)[], rows: readonly EpochMetrics[]): string {
  return `${[keys.map(toTitle).join(','), ...rows.map((row) => keys.map((key) => row[key]).join(','))].join('\n')}\n`;
}

/**
 * Reads the rows of the first `epochs` epochs; later ones come from after the checkpoint and will be made again.
 *
 * @param path the file's name in errors
 * @param times the text of `timing.csv`; what it lacks counts as 0, as nothing depends on it
 * @throws UsageError if one is missing or damaged
 */
export function parseMetrics(text: string, epochs: number, path: string, times = ''): EpochMetrics[] {
  const timed = times.split('\n').map((line) => line.split(',').map(Number));
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const keys = header.trim().split(',').map(toKey);
  const missing = COMMON.find((key) => !keys.includes(key));
  if (missing !== undefined)
    throw new UsageError(`${path} should begin with a line of titles; it has no title ${toTitle(missing)}.`);
  // One more than there are lines: the first that is missing is named.
  return Array.from({ length: Math.min(epochs, lines.length + 1) }, (_, i) => {
    const cells = (lines[i] ?? '').trim().split(',');
    const values = cells.map(Number);
    const readable = cells.every(
      (cell, column) => (cell !== '' && Number.isFinite(values[column])) || /^(NaN|-?Infinity)$/.test(cell),
    );
    const [, seconds = 0, samplesPerSecond = 0] = timed.find(([epoch]) => epoch === i + 1) ?? [];
    const read = Object.fromEntries(keys.map((key, column) => [key, values[column]!]));
    const row = { seconds, samplesPerSecond, ...read } as unknown as EpochMetrics;
    if (values.length !== keys.length || !readable || row.epochs !== i + 1)
      throw new UsageError(`${path}, line ${i + 2}: there should be the ${keys.length} numbers of epoch ${i + 1}.`);
    return row;
  });
}
