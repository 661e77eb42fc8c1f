import { instantScores, type Recording, type SeriesChunk, windowsOf } from '@hourglass/datasets';
import { describe, expect, test } from 'vitest';
import { InstantMeans } from '../src/series/instant-means.ts';
import { type CutWindow, WindowCutter } from '../src/series/window-cutter.ts';

const CHANNELS = 2;

function recordingOf(length: number): Recording {
  const values = Float32Array.from({ length: length * CHANNELS }, (_, i) => (i * 7919) % 1000);
  const times = Array.from({ length }, (_, t) => `at ${t}`);
  return { name: 'a.csv', file: 'a.csv', length, values, normal: undefined, times };
}

/** Instants `start` to before `end` with a context, in chunks of `size`. */
function chunksOf(recording: Recording, start: number, end: number, context: number, size: number): SeriesChunk[] {
  const chunks: SeriesChunk[] = [];
  const add = (place: SeriesChunk['place'], from: number, to: number): void => {
    for (let first = from; first < to; first += size) {
      const last = Math.min(first + size, to);
      const own = {
        ...recording,
        length: last - first,
        values: recording.values.slice(first * CHANNELS, last * CHANNELS),
        times: recording.times!.slice(first, last),
      };
      chunks.push({ layout: 'recording', channels: ['x', 'y'], fromColumns: true, recordings: [own], first, place });
    }
  };
  add('before', Math.max(0, start - context), start);
  add('within', start, end);
  add('after', end, Math.min(recording.length, end + context));
  return chunks;
}

const numbersOf = (recording: Recording, start: number, window: number): number[] => [
  ...recording.values.subarray(start * CHANNELS, (start + window) * CHANNELS),
];

const CASES = [8, 20, 47]
  .flatMap((window) =>
    [1, 3, 8, 25].flatMap((stride) => [window, window + 1, 100, 163].map((length) => ({ window, stride, length }))),
  )
  .filter(({ window, stride, length }) => length >= window && stride <= window);

describe('a recording in chunks', () => {
  test.each(CASES)('windows of $window every $stride in $length instants are those of the whole', (own) => {
    const recording = recordingOf(own.length);
    const expected = windowsOf(recording, own);
    for (const size of [1, 7, 50, 1000]) {
      for (const borders of [[], [1], [40], [13, 14, 90]]) {
        const found: CutWindow[] = [];
        const edges = [0, ...borders.filter((border) => border < own.length), own.length];
        edges.slice(1).forEach((end, i) => {
          const cutter = new WindowCutter(own);
          for (const chunk of chunksOf(recording, edges[i]!, end, own.window, size)) found.push(...cutter.push(chunk));
          found.push(...cutter.last());
        });
        expect(found.map(({ from }) => from)).toEqual(expected.map(({ start }) => start));
        for (const { from, start, recording: part } of found) {
          expect(numbersOf(part, start, own.window)).toEqual(numbersOf(recording, from, own.window));
          expect(part.times![start]).toBe(`at ${from}`);
        }
      }
    }
  });

  test('keeps only what later windows may contain', () => {
    const cutter = new WindowCutter({ window: 20, stride: 5 });
    let most = 0;
    for (const chunk of chunksOf(recordingOf(5000), 0, 5000, 0, 10))
      for (const { recording } of cutter.push(chunk)) most = Math.max(most, recording.length);
    expect(most).toBeLessThanOrEqual(20 + 10);
  });

  test.each(CASES)('means over windows of $window every $stride in $length instants have the same bits', (own) => {
    const recording = recordingOf(own.length);
    const windows = windowsOf(recording, own);
    const scoreAt = (start: number): number => Math.fround(0.1 + ((start * 37) % 101) / 7);
    const scores = windows.map(({ start }) => scoreAt(start));
    const expected = instantScores(windows, scores, own, own.length);
    for (const first of [0, 1, 40, own.length - 1].filter((own) => own >= 0)) {
      if (first >= own.length) continue;
      const means = new InstantMeans(own.window, Math.max(0, first - own.window + 1));
      const found: number[] = [];
      const take = (end: number): void => {
        for (const { instant, score } of means.until(end)) if (instant >= first) found.push(score);
      };
      for (const { start } of windows) {
        if (start + own.window <= first) continue;
        take(start);
        means.add(start, scoreAt(start));
      }
      take(own.length);
      expect(found).toEqual([...expected.subarray(first)]);
    }
  });
});
