import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fromUser, toUser } from '../io/paths.ts';
import { type RunRecord, readRecord } from '../run/record.ts';
import { UsageError } from '../usage/errors.ts';

/** A run as `runs --json` lists it. */
export interface ListedRun {
  /** The run's folder, absolute. */
  readonly run: string;
  readonly experiment: string;
  readonly dataset: string;
  /** Completed and planned epochs. */
  readonly epochs: number;
  readonly of: number;
  /** The lowest validation loss; null before the first epoch. */
  readonly valLoss: number | null;
  /** Seconds of training. */
  readonly seconds: number;
}

/**
 * The runs in a folder, newest first. Entries that are not runs or can't be read are omitted.
 *
 * @param folder absolute; default `runs`
 * @throws UsageError if there is no such folder
 */
export async function listRuns(folder = fromUser('runs')): Promise<ListedRun[]> {
  const names = await readdir(folder).catch(() => {
    throw new UsageError(
      `There is no folder ${toUser(folder)}. \`train\` makes one. To list another folder: runs FOLDER.`,
    );
  });
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const record = await readRecord(path).catch(() => undefined);
      const changed = await stat(path).catch(() => undefined);
      return record === undefined || changed === undefined ? [] : [{ record, time: changed.mtimeMs }];
    }),
  );
  return found
    .flat()
    .sort((a, b) => b.time - a.time)
    .map(({ record }) => listed(record));
}

function listed({ path, config, rows }: RunRecord): ListedRun {
  const losses = rows.map(({ valLoss }) => valLoss).filter(Number.isFinite);
  return {
    run: path,
    experiment: config.experiment,
    dataset: config.dataset.source === 'procedural' ? 'the procedural stand-in' : config.dataset.id,
    epochs: rows.length,
    of: config.settings.epochs,
    valLoss: losses.length === 0 ? null : Math.min(...losses),
    seconds: rows.at(-1)?.seconds ?? 0,
  };
}

/** One row per run. */
export function formatRuns(runs: readonly ListedRun[]): string {
  if (runs.length === 0) return 'There are no runs.';
  const table = [
    ['run', 'experiment', 'data', 'epochs', 'val_loss', 'seconds'],
    ...runs.map(({ run, experiment, dataset, epochs, of, valLoss, seconds }) => [
      toUser(run),
      experiment,
      dataset,
      `${epochs}/${of}`,
      valLoss?.toPrecision(4) ?? '-',
      seconds.toFixed(0),
    ]),
  ];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table
    .map((row) => row.map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
    .join('\n');
}
