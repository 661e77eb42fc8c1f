import { basename } from 'node:path';
import { lossCurves } from '@hourglass/experiments';
import { OutputFolder } from '../io/output-folder.ts';
import { fromUser, toUser } from '../io/paths.ts';
import type { RunConfig } from '../run/config.ts';
import { type RunRecord, readRecord } from '../run/record.ts';
import { UsageError } from '../usage/errors.ts';

export interface CompareOptions {
  /** The folder for the figure, absolute; default `figures`. */
  readonly out?: string | undefined;
}

/** The output of `compare --json`. */
export interface Comparison {
  readonly runs: readonly {
    /** The run's folder, absolute. */
    readonly run: string;
    readonly epochs: number;
    readonly loss: number;
    readonly valLoss: number;
    /** The lowest validation loss, and its epoch. */
    readonly bestValLoss: number;
    readonly bestEpoch: number;
    /** The settings that differ between runs. */
    readonly settings: Readonly<Record<string, unknown>>;
  }[];
  /** The files written, absolute. */
  readonly files: readonly string[];
}

/**
 * Draws the losses of runs in one figure, each labelled with the settings that differ.
 *
 * @param paths of run folders, absolute
 * @throws UsageError if there are fewer than two, one is not a run, or one has no completed epoch; OutputError if the
 *   figure can't be written
 */
export async function compare(
  paths: readonly string[],
  { out = fromUser('figures') }: CompareOptions,
): Promise<Comparison> {
  if (paths.length < 2) throw new UsageError('compare takes two runs or more: compare RUN RUN.');
  const records = await Promise.all(paths.map(readRecord));
  const early = records.find(({ rows }) => rows.length === 0);
  if (early !== undefined)
    throw new UsageError(`${toUser(early.path)} has no completed epoch yet, so there is nothing to compare.`);
  const differing = differences(records.map(({ config }) => settingsOf(config)));
  const names = records.map(({ path }, i) => {
    const own = Object.entries(differing[i]!).map(([key, value]) => `${key} ${value ?? 'none'}`);
    return [basename(path), ...own].join(' · ');
  });
  const series = (key: 'loss' | 'valLoss') =>
    records.map(({ rows }, i) => ({ name: names[i]!, values: rows.map((row) => row[key]) }));
  const svg = lossCurves({
    title: 'Losses of runs by epoch',
    yLabel: 'validation loss',
    series: series('valLoss'),
    parts: [{ yLabel: 'training loss', series: series('loss') }],
    legendSide: 'right',
  });
  const folder = new OutputFolder(out, '--out');
  await folder.addFigure({ name: 'comparison', svg });
  return { runs: records.map(({ path, rows }, i) => summaryOf(path, rows, differing[i]!)), files: folder.files };
}

function summaryOf(
  run: string,
  rows: RunRecord['rows'],
  settings: Readonly<Record<string, unknown>>,
): Comparison['runs'][number] {
  const best = rows.reduce((least, row) => (row.valLoss < least.valLoss ? row : least));
  const { epochs, loss, valLoss } = rows.at(-1)!;
  return { run, epochs, loss, valLoss, bestValLoss: best.valLoss, bestEpoch: best.epochs, settings };
}

/** All settings that determine the results of a run, by name. */
const settingsOf = ({ experiment, settings, images, series, dataset }: RunConfig): Record<string, unknown> => ({
  experiment,
  ...settings,
  ...images,
  ...series,
  ...(settings.size === undefined ? {} : { size: settings.size }),
  data: `${dataset.id}, ${dataset.train} + ${dataset.test}`,
});

/** The entries of each record that differ between records. */
function differences(records: readonly Readonly<Record<string, unknown>>[]): Record<string, unknown>[] {
  const keys = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const differing = keys.filter((key) => new Set(records.map((record) => JSON.stringify(record[key]))).size > 1);
  return records.map((record) => Object.fromEntries(differing.map((key) => [key, record[key]])));
}

/** One column per run, one row per number. */
export function formatComparison({ runs, files }: Comparison): string {
  const keys = Object.keys(runs[0]!.settings);
  const table = [
    ['', ...runs.map(({ run }) => toUser(run))],
    ...keys.map((key) => [key, ...runs.map(({ settings }) => String(settings[key] ?? '-'))]),
    ['epochs done', ...runs.map(({ epochs }) => String(epochs))],
    ['loss', ...runs.map(({ loss }) => loss.toPrecision(4))],
    ['val_loss', ...runs.map(({ valLoss }) => valLoss.toPrecision(4))],
    ['best', ...runs.map(({ bestValLoss, bestEpoch }) => `${bestValLoss.toPrecision(4)} (epoch ${bestEpoch})`)],
  ];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return [
    ...table.map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    ),
    ...files.map(toUser),
  ].join('\n');
}
