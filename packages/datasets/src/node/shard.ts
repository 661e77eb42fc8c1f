/** One of several equal parts of the data. */
export interface Shard {
  /** From 0 to before `count`. */
  readonly index: number;
  readonly count: number;
}

/** A shard's positions among `count` samples or bytes, from `start` to before `end`. Default: all of them. */
export function shardRange(
  count: number,
  shard: Shard = { index: 0, count: 1 },
): { readonly start: number; readonly end: number } {
  const bound = (index: number): number => Math.floor((count * index) / shard.count);
  return { start: bound(shard.index), end: bound(shard.index + 1) };
}
