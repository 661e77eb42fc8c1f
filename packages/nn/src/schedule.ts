/** The names of the schedules. */
export const SCHEDULES = ['constant', 'cosine'] as const;
/** How the learning rate goes on from its first value over a training. */
export type Schedule = (typeof SCHEDULES)[number];

/**
 * The learning rate of every step, numbered from 0, of a training of `steps` steps. `cosine` falls from `rate` to nearly 0 along half a
 * wave (Loshchilov and Hutter 2017, without restarts); after `steps` it stays there.
 */
export function scheduled(schedule: Schedule, rate: number, steps: number): (step: number) => number {
  if (schedule === 'constant') return () => rate;
  return (step) => (rate / 2) * (1 + Math.cos((Math.PI * Math.min(step, steps)) / steps));
}

/** The learning rate of each step, numbered from 0. */
export type RateOfStep = (step: number) => number;

/** A rate that grows evenly over the first `steps` steps, from 1/steps of `then`'s first to all of it; from there on `then`, from its step 0. */
export function warmUp(steps: number, then: RateOfStep): RateOfStep {
  return (step) => (step < steps ? (then(0) * (step + 1)) / steps : then(step - steps));
}

/** `rate`, multiplied with `factor` after every `every` steps: PyTorch's StepLR. */
export function stepDecay(
  rate: number,
  { every, factor }: { readonly every: number; readonly factor: number },
): RateOfStep {
  return (step) => rate * factor ** Math.floor(step / every);
}
