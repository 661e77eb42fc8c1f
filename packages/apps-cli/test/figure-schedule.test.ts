import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FigureSchedule, figureChoice } from '../src/run/figure-schedule.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Which of ten epochs are drawn if each takes `seconds`, and a picture takes `picture` seconds. */
async function drawn(choice: string | undefined, seconds: number, picture: number): Promise<number[]> {
  const schedule = new FigureSchedule(choice, 10);
  const epochs: number[] = [];
  for (let epoch = 1; epoch <= 10; epoch++) {
    if (!schedule.isDue(epoch, epoch * seconds)) continue;
    await schedule.draw(async () => void vi.advanceTimersByTime(1000 * picture));
    epochs.push(epoch);
  }
  return epochs;
}

test('pictures between epochs take at most a tenth of the training time; the last epoch has one', async () => {
  expect(await drawn(undefined, 10, 1)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(await drawn(undefined, 10, 3)).toEqual([1, 6, 9, 10]); // 3 + 3 s after 60 s, 9 s after 90 s
  expect(await drawn(undefined, 0.02, 0.75)).toEqual([10]);
});

test('the drawn epochs can be chosen', async () => {
  expect(await drawn(figureChoice('none'), 10, 0.1)).toEqual([]);
  expect(await drawn(figureChoice('last'), 10, 0.1)).toEqual([10]);
  expect(await drawn(figureChoice('every:4'), 0.1, 10)).toEqual([4, 8, 10]);
  for (const wrong of ['all', 'every:0', 'every:1.5', 'every', ''])
    expect(() => figureChoice(wrong)).toThrow(/--figures/);
});
