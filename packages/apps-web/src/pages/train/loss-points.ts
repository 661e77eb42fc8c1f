import type { LossPoint } from '../../engine/api.ts';

/** Most points of a curve, about the plot's width in pixels. */
export const MOST_POINTS = 600;
/** Most circles of the validation loss. */
export const MOST_VALIDATIONS = 60;

/**
 * Appends a point. If there are then more than `most`, each two neighbours become one point with their mean. After a
 * lost device, some steps run again; their old points are removed.
 */
export function appended(points: readonly LossPoint[], { step, metrics }: LossPoint, most: number): LossPoint[] {
  const all = [...points.filter((point) => point.step < step), { step, metrics }];
  if (all.length <= most) return all;
  return all
    .flatMap((point, i) => (i % 2 === 0 ? [] : [merged(all[i - 1]!, point)]))
    .concat(all.slice(all.length & ~1));
}

function merged(a: LossPoint, b: LossPoint): LossPoint {
  const means = Object.entries(b.metrics).map(([name, value]) => [name, (value + (a.metrics[name] ?? value)) / 2]);
  return { step: b.step, metrics: Object.fromEntries(means) };
}
