import { existsSync } from 'node:fs';
import { format, parse } from 'node:path';
import type { Shard } from '@hourglass/datasets/node';
import { Option } from 'commander';
import { UsageError } from './errors.ts';

/** The option that selects a part of the data. */
export const shardOption = (): Option =>
  new Option(
    '--shard <i/n>',
    'process only part i of n equal parts of the data, i from 0 to n-1; a file that exists is kept (docs/scale.md)',
  ).argParser(parseShard);

/** @throws UsageError */
function parseShard(text: string): Shard {
  const [, index, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (index === undefined || count === undefined || index >= count)
    throw new UsageError(
      `--shard must be i/n with i from 0 to n-1, such as 0/8 for the first of eight parts, not '${text}'.`,
    );
  return { index, count };
}

/** The file of a shard: `codes.csv` becomes `codes-00003-of-00008.csv`. */
export function shardPath(path: string, shard: Shard | undefined): string {
  if (shard === undefined) return path;
  const { dir, name, ext } = parse(path);
  const [index, count] = [shard.index, shard.count].map((number) => String(number).padStart(5, '0'));
  return format({ dir, name: `${name}-${index}-of-${count}`, ext });
}

/** Whether a shard is finished: its file exists. */
export const isShardDone = (path: string, shard: Shard | undefined): boolean => shard !== undefined && existsSync(path);
