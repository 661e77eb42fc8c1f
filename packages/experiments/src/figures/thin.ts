/** A stretch of a signal that falls on one pixel: its first instant, its smallest value and its largest value. */
export interface Thinned {
  readonly at: number;
  readonly low: number;
  readonly high: number;
}

/** A point on the line of a signal. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

/** All values of a signal, or the smallest and the largest of each stretch if it has more than `most` values. */
export function pointsOf(values: ArrayLike<number>, most: number): Point[] {
  if (values.length <= most) return Array.from(values, (value, at) => ({ at, value }));
  return thinned(values, most).flatMap(({ at, low, high }) => [
    { at, value: low },
    { at, value: high },
  ]);
}

/** At most `most` stretches of a signal, so that figures of long signals lose no peak. */
export function thinned(values: ArrayLike<number>, most: number): Thinned[] {
  const count = Math.max(1, Math.ceil(values.length / most));
  return Array.from({ length: Math.ceil(values.length / count) }, (_, i) => {
    const at = i * count;
    let [low, high] = [values[at]!, values[at]!];
    for (let t = at; t < Math.min(values.length, at + count); t++) {
      low = Math.min(low, values[t]!);
      high = Math.max(high, values[t]!);
    }
    return { at, low, high };
  });
}
