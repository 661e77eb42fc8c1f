import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toUser } from '../io/paths.ts';
import { systemReason, UsageError } from '../usage/errors.ts';
import { parseConfig, type RunConfig } from './config.ts';
import { type EpochMetrics, parseMetrics } from './metrics-file.ts';

/** The contents of a run's files, without its weights. */
export interface RunRecord {
  /** The run's folder, absolute. */
  readonly path: string;
  readonly config: RunConfig;
  /** The metrics of the completed epochs. */
  readonly rows: readonly EpochMetrics[];
}

/** Reads the files of a run. @throws UsageError if the folder is not a run, or its files are damaged */
export async function readRecord(path: string): Promise<RunRecord> {
  const read = (name: string): Promise<string> =>
    readFile(join(path, name), 'utf8').catch((error: unknown) => {
      throw new UsageError(
        `${toUser(path)} is not a run: ${name} can't be read (${systemReason(error)}). Give the folder that \`train\` created.`,
      );
    });
  const config = parseConfig(await read('config.json'), toUser(join(path, 'config.json')));
  const text = await read('metrics.csv');
  const times = await read('timing.csv').catch(() => '');
  const epochs = text.trimEnd().split('\n').length - 1;
  return { path, config, rows: parseMetrics(text, epochs, toUser(join(path, 'metrics.csv')), times) };
}
