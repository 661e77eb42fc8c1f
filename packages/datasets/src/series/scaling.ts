import { DataError } from '../dataset.ts';
import type { Recording } from './recording.ts';

/** Each channel's numbers become (x - offset) / unit. */
export interface Scaling {
  readonly offset: readonly number[];
  readonly unit: readonly number[];
}

/** minmax: minimum and range; robust: median and interquartile range; standard: mean and standard deviation. */
export const SCALES = ['minmax', 'robust', 'standard'] as const;
export type Scale = (typeof SCALES)[number];

/** Largest number of a channel's values used to compute quartiles. */
const MOST = 2 ** 20;

/** The least number of values that 32-bit numbers must distinguish in a channel. */
const COARSE = 16;
/** If 32-bit numbers are at least this far apart, rounding may have made a channel constant. */
const LARGE_STEP = 0.01;

/**
 * The scaling computed from the stretches that train a model.
 *
 * @param stretches instants of recordings, from `start` to before `end`
 * @throws DataError if a channel is constant in all of them, or varies too little for 32-bit numbers
 */
export function scalingOf(
  stretches: readonly { readonly recording: Recording; readonly start: number; readonly end: number }[],
  channels: readonly string[],
  scale: Scale,
): Scaling {
  const pairs = channels.map((name, c): [number, number] => {
    const values = numbersOf(stretches, channels.length, c);
    const [offset, unit] = { minmax, robust, standard }[scale](values);
    const [low, range] = minmax(values);
    const step = spacing(Math.max(Math.abs(low), Math.abs(low + range)));
    if (unit > 0 && range >= COARSE * step) return [offset, unit];
    const others = channels.filter((other) => other !== name).slice(0, 3);
    const advice =
      others.length === 0
        ? 'There is nothing to learn from it.'
        : `Leave it out: --columns ${others.join(',')}${channels.length > 4 ? ',…' : ''}.`;
    const value = Number(values[0]!.toPrecision(7));
    if (range > 0 && range < COARSE * step)
      throw new DataError(
        `Channel ${name} varies by only ${Number(range.toPrecision(3))} around ${value} in the training data, where 32-bit numbers are ${Number(step.toPrecision(3))} apart. Subtract its mean, for example with --query.`,
      );
    const what = range > 0 ? 'has equal quartiles, so --scale robust can’t scale it' : 'is constant';
    const lost =
      step < LARGE_STEP
        ? ''
        : `32-bit numbers are ${Number(step.toPrecision(3))} apart here: if the channel varies by less, subtract its mean, for example with --query. `;
    throw new DataError(`Channel ${name} ${what} in the training data (${value}). ${lost}${advice}`);
  });
  return { offset: pairs.map(([offset]) => offset), unit: pairs.map(([, unit]) => unit) };
}

/** The distance between 32-bit numbers of this size. */
const spacing = (size: number): number => 2 ** (Math.floor(Math.log2(size)) - 23);

function numbersOf(stretches: Parameters<typeof scalingOf>[0], width: number, channel: number): Float64Array {
  const values = new Float64Array(stretches.reduce((sum, { start, end }) => sum + end - start, 0));
  let at = 0;
  for (const { recording, start, end } of stretches)
    for (let t = start; t < end; t++) values[at++] = recording.values[t * width + channel]!;
  return values;
}

function minmax(values: Float64Array): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high - low];
}

function standard(values: Float64Array): [number, number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  // A rounding residue of equal numbers does not count as deviation.
  return [mean, variance > (1e-12 * mean) ** 2 ? Math.sqrt(variance) : 0];
}

function robust(values: Float64Array): [number, number] {
  const every = Math.ceil(values.length / MOST);
  const sorted = values.filter((_, i) => i % every === 0).sort();
  return [quantile(sorted, 0.5), quantile(sorted, 0.75) - quantile(sorted, 0.25)];
}

/** A quantile of sorted numbers, interpolated linearly like NumPy's `quantile`. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return low + (high - low) * (at - below);
}

/** Scales numbers [n, channels] for a model. */
export function toScale(values: Float32Array, { offset, unit }: Scaling): Float32Array {
  const width = offset.length;
  return values.map((value, i) => (value - offset[i % width]!) / unit[i % width]!);
}

/** Converts a model's output back to the units of the data. */
export function fromScale(values: Float32Array, { offset, unit }: Scaling): Float32Array {
  const width = offset.length;
  return values.map((value, i) => value * unit[i % width]! + offset[i % width]!);
}
