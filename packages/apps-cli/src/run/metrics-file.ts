import type { EpochLosses } from '@hourglass/experiments';
import { UsageError } from '../usage/errors.ts';

/** The state of a run at the end of an epoch; in results, at the end of the last one. */
export interface EpochMetrics extends EpochLosses {
  /** The total numbers of epochs and optimiser steps. */
  readonly epochs: number;
  readonly steps: number;
  /** The seconds of all training steps, except for the first one of each process. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
}

/** The column titles in files, in order. */
const TITLES: Readonly<Record<keyof EpochMetrics, string>> = {
  epochs: 'epoch',
  steps: 'steps',
  loss: 'loss',
  valLoss: 'val_loss',
  reconstructionLoss: 'reconstruction_loss',
  klLoss: 'kl_loss',
  valReconstructionLoss: 'val_reconstruction_loss',
  valKlLoss: 'val_kl_loss',
  valNormalLoss: 'val_normal_loss',
  adversarialLoss: 'adversarial_loss',
  valAdversarialLoss: 'val_adversarial_loss',
  discriminatorLoss: 'discriminator_loss',
  valDiscriminatorLoss: 'val_discriminator_loss',
  diversity: 'diversity',
  seconds: 'seconds',
  samplesPerSecond: 'samples_per_second',
};
const KEYS = Object.keys(TITLES) as (keyof EpochMetrics)[];

/** The metrics of an epoch, without its count, steps and times, by their column titles. */
export const titledMetrics = (row: EpochMetrics): Record<string, number> =>
  Object.fromEntries(
    KEYS.filter((key) => row[key] !== undefined && !['epochs', 'steps', ...TIMES].includes(key)).map((key) => [
      TITLES[key],
      row[key]!,
    ]),
  );

const COMMON: readonly (keyof EpochMetrics)[] = ['epochs', 'steps', 'loss', 'valLoss'];
/** The columns of times, which are in a separate file: all other numbers are the same when a run is repeated. */
const TIMES: readonly (keyof EpochMetrics)[] = ['seconds', 'samplesPerSecond'];

/**
 * `metrics.csv`: one row per epoch, with all digits. Numbers that are not finite are written as in JavaScript, NaN or
 * Infinity.
 */
export function formatMetrics(rows: readonly EpochMetrics[]): string {
  const own = KEYS.filter((key) => rows[0]?.[key] !== undefined && !TIMES.includes(key));
  return formatColumns(rows.length > 0 ? own : COMMON, rows);
}

/** `timing.csv`: the ends of the epochs, in seconds of training, and their speeds. */
export const formatTimes = (rows: readonly EpochMetrics[]): string => formatColumns(['epochs', ...TIMES], rows);

function formatColumns(keys: readonly (keyof EpochMetrics)[], rows: readonly EpochMetrics[]): string {
  return `${[keys.map((key) => TITLES[key]).join(','), ...rows.map((row) => keys.map((key) => row[key]).join(','))].join('\n')}\n`;
}

/**
 * Reads the rows of the first `epochs` epochs; later ones are from after the checkpoint and will be repeated.
 *
 * @param path the file's name in errors
 * @param times the text of `timing.csv`; missing values count as 0, because nothing depends on them
 * @throws UsageError if one is missing or damaged
 */
export function parseMetrics(text: string, epochs: number, path: string, times = ''): EpochMetrics[] {
  const timed = times.split('\n').map((line) => line.split(',').map(Number));
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const titles = header.trim().split(',');
  const missing = COMMON.find((key) => !titles.includes(TITLES[key]));
  if (missing !== undefined)
    throw new UsageError(`${path} must start with a line of titles, but it has no title ${TITLES[missing]}.`);
  const keys = titles.map((title) => {
    const key = KEYS.find((key) => TITLES[key] === title);
    if (key === undefined) throw new UsageError(`${path}: no run has a column '${title}'. Remove it to continue.`);
    return key;
  });
  // Reads one line more than there are, so that the error names the first missing line.
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
      throw new UsageError(`${path}, line ${i + 2}: expected the ${keys.length} numbers of epoch ${i + 1}.`);
    return row;
  });
}
