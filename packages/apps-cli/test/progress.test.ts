import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Messages } from '../src/io/messages.ts';
import { expectedSeconds, formatDuration, progressBar, progressLine, TrainingProgress } from '../src/run/progress.ts';

const state = { position: 1250, stepsPerEpoch: 1875, metrics: { loss: 0.03451 }, samplesPerSecond: 610.4 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([
  [0.43, '0.4 s'],
  [12.3, '12 s'],
  [99.6, '2 min'],
  [3570, '1 h'],
  [4800, '1 h 20 min'],
  [7199, '2 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test('the bar shows the fraction of the work, and its length is constant', () => {
  expect(progressBar(0, 4)).toBe('────');
  expect(progressBar(0.5, 4)).toBe('━━──');
  expect(progressBar(0.7, 4)).toBe('━━╸─');
  expect(progressBar(1, 4)).toBe('━━━━');
  for (let i = 0; i <= 1000; i++) expect(progressBar(i / 1000)).toHaveLength(20);
});

test('the line has the same parts as in Keras', () => {
  expect(progressLine(state, 12.2)).toBe('1250/1875 ━━━━━━━━━━━━━─────── 12 s left · loss 0.0345 · 610 samples/s');
  expect(progressLine({ ...state, position: 7 }, 1)).toMatch(/^ {3}7\/1875 /);
});

test('no speed is shown before one is measured', () => {
  expect(progressLine({ ...state, samplesPerSecond: 0 }, Number.POSITIVE_INFINITY)).toMatch(/─ loss 0\.0345$/);
});

test('the time of an epoch is that of its training samples and its validation', () => {
  expect(expectedSeconds(3, 1000, 0, 100)).toBe(30);
  expect(expectedSeconds(1, 1000, 500, 100)).toBeGreaterThan(10);
});

/** Everything written during an epoch of 100 steps, with one step per second. */
function watch(output: { isTTY?: boolean; columns?: number }, quiet = false) {
  const written: string[] = [];
  const messages = new Messages({ ...output, write: (text) => written.push(text) }, { quiet });
  const speeds: number[] = [];
  const options = {
    epochs: 2,
    batchSize: 10,
    trainSamples: 1000,
    testSamples: 0,
    onSpeed: (speed: number) => void speeds.push(speed),
  };
  const progress = new TrainingProgress(messages, options);
  progress.epochBegins(1, 0);
  for (let position = 1; position <= 100; position++) {
    vi.advanceTimersByTime(1000);
    progress.update({ position, stepsPerEpoch: 100, metrics: { loss: 0.5 }, samplesPerSecond: 10 });
  }
  progress.validationBegins();
  progress.epochEnds({ epochs: 1, steps: 100, loss: 0.5, valLoss: 0.25, seconds: 99, samplesPerSecond: 10 }, 100);
  return { written, speeds };
}

test('on a terminal, one line is replaced, and never wraps', () => {
  const { written, speeds } = watch({ isTTY: true, columns: 40 });
  const lines = written.join('').split('\n');
  expect(lines[0]).toBe('Epoch 1/2');
  expect(lines).toHaveLength(3); // the second contains all states of the epoch's line, the third is empty
  const states = lines[1]!.split('\r\x1b[K');
  expect(states).toHaveLength(103); // the kernels, 100 steps, the validation, the end
  for (const shown of states.slice(0, -1)) expect(shown.length).toBeLessThan(40);
  expect(states.at(-1)).toMatch(/^100\/100 ━{20} 2 min · loss 0\.5000 · val_loss 0\.2500 · 10\.0 samples\/s$/);
  expect(speeds).toEqual([10]);
});

test('a file gets at most ten lines per epoch, and no control characters', () => {
  const { written } = watch({});
  const text = written.join('');
  expect(text).not.toContain('\r');
  expect(text).not.toContain('\x1b');
  expect(text.match(/ left · /g)!.length).toBeLessThanOrEqual(10);
  expect(text).toMatch(/val_loss 0\.2500.*\n$/);
});

test('with quiet, nothing is written', () => {
  expect(watch({ isTTY: true }, true).written).toEqual([]);
});

/** The speeds that are reported during `act`. */
function speedOf(
  batchSize: number,
  samples: { train: number; test: number },
  act: (progress: TrainingProgress) => void,
) {
  const heard: number[] = [];
  const onSpeed = (speed: number) => void heard.push(speed);
  const options = { epochs: 3, batchSize, trainSamples: samples.train, testSamples: samples.test, onSpeed };
  act(new TrainingProgress(new Messages({ write: () => {} }), options));
  return heard;
}

test('steps that were submitted but not finished at the first report do not count', () => {
  const heard = speedOf(10, { train: 1000, test: 0 }, (progress) => {
    progress.epochBegins(1, 0);
    // Three are submitted at once; then one per second is finished.
    for (let position = 3; position <= 10; position++) {
      const samplesPerSecond = (10 * position) / Math.max(0.1, position - 3); // as the trainer counts
      progress.update({ position, stepsPerEpoch: 100, metrics: { loss: 0.5 }, samplesPerSecond });
      vi.advanceTimersByTime(1000);
    }
  });
  expect(heard).toEqual([10]);
});

test('epochs shorter than the measurement are measured by the clock, including the time between their steps', () => {
  const heard = speedOf(10, { train: 100, test: 50 }, (progress) => {
    for (let epoch = 1; epoch <= 4; epoch++) {
      progress.epochBegins(epoch, 0);
      progress.update({ position: 10, stepsPerEpoch: 10, metrics: { loss: 0.5 }, samplesPerSecond: 1000 });
      vi.advanceTimersByTime(epoch === 1 ? 60_000 : 2000); // the kernels of the validation are created in the first
      progress.epochEnds({ epochs: epoch, steps: 10, loss: 0.5, valLoss: 0.5, seconds: 1, samplesPerSecond: 1000 }, 10);
    }
  });
  expect(heard).toHaveLength(1);
  expect(expectedSeconds(1, 100, 50, heard[0]!)).toBeCloseTo(2);
});
