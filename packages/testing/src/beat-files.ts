import type { SeriesSplit } from '@hourglass/datasets';

/**
 * `count` made-up beats: sample t of beat i is 100 i + t / 8, exact in float32 and decimal text; every other beat is
 * normal.
 */
export function madeUpBeats(count: number): SeriesSplit {
  return {
    count,
    values: Float32Array.from({ length: count * 140 }, (_, i) => 100 * Math.floor(i / 140) + (i % 140) / 8),
    normal: Uint8Array.from({ length: count }, (_, i) => i % 2),
  };
}

/** The samples of each beat as text. */
function cells({ count, values }: SeriesSplit): string[][] {
  return Array.from({ length: count }, (_, i) => Array.from(values.subarray(i * 140, (i + 1) * 140), String));
}

/** Beats in the format of TensorFlow's `ecg.csv`. */
export function csvText(beats: SeriesSplit): string {
  return cells(beats)
    .map((row, i) => `${[...row, `${beats.normal[i]}.0`].join(',')}\n`)
    .join('');
}

/** Beats in the format of the UCR archive; abnormal beats have the classes 2, 3, 4, 5 in turn. */
export function ucrText(beats: SeriesSplit): string {
  return cells(beats)
    .map((row, i) => `${[beats.normal[i] ? 1 : 2 + ((i >> 1) % 4), ...row].map((cell) => `   ${cell}`).join('')}\n`)
    .join('');
}
