/** How the learning rate goes on from its first value over a training. */
export type Schedule = 'constant' | 'cosine';

/**
 * The learning rate of every step, numbered from 0, of a training of `steps` steps. `cosine` falls from `rate` to nearly 0 along half a
 * wave (Loshchilov and Hutter 2017, without restarts); after `steps` it stays there.
 */
export function scheduled(schedule: Schedule, rate: number, steps: number): (step: number) => number {
  if (schedule === 'constant') return () => rate;
  return (step) => (rate / 2) * (1 + Math.cos((Math.PI * Math.min(step, steps)) / steps));
}
