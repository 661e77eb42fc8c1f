import { checkNumber } from './check.ts';

/** The names of all schedules. */
export const SCHEDULES = ['constant', 'cosine'] as const;
/** How the learning rate changes during training. */
export type Schedule = (typeof SCHEDULES)[number];

/**
 * The learning rate of each step, numbered from 0, when training takes `steps` steps. `cosine` falls from `rate` to
 * nearly 0 along half a wave (Loshchilov and Hutter 2017, without restarts), and is 0 from step `steps`.
 * @throws RangeError unless `cosine` has a number of steps above 0
 */
export function scheduled(schedule: Schedule, rate: number, steps: number): (step: number) => number {
  if (schedule === 'constant') return () => rate;
  checkNumber('scheduled: steps', steps, steps > 0, 'a number above 0');
  return (step) => (rate / 2) * (1 + Math.cos((Math.PI * Math.min(step, steps)) / steps));
}

/** The learning rate of each step, numbered from 0. */
export type RateOfStep = (step: number) => number;

/**
 * Grows linearly over the first `steps` steps, from 1/steps of `then`'s first rate to the full rate, then follows
 * `then` from its step 0.
 * @throws RangeError unless `steps` is a whole number of 0 or more
 */
export function warmUp(steps: number, then: RateOfStep): RateOfStep {
  checkNumber('warmUp: steps', steps, steps >= 0 && Number.isInteger(steps), 'a whole number of 0 or more');
  return (step) => (step < steps ? (then(0) * (step + 1)) / steps : then(step - steps));
}

/**
 * `rate`, multiplied by `factor` after every `every` steps: PyTorch's StepLR.
 * @throws RangeError unless `every` is above 0
 */
export function stepDecay(
  rate: number,
  { every, factor }: { readonly every: number; readonly factor: number },
): RateOfStep {
  checkNumber('stepDecay: every', every, every > 0, 'a number above 0');
  return (step) => rate * factor ** Math.floor(step / every);
}
