import { NORMAL } from '@hourglass/experiments';

/** The two kinds of beats, in the order of the page. */
export const KINDS = ['normal', 'abnormal'] as const;
export type Kind = (typeof KINDS)[number];

export const kindOf = (label: number | undefined): Kind => (label === NORMAL ? 'normal' : 'abnormal');

/** Judges a beat by its error: abnormal if the error is above the threshold. */
export const judge = (error: number, threshold: number): Kind => (error <= threshold ? 'normal' : 'abnormal');

/** Counts of beats by true kind, then judged kind: `confusion.normal.abnormal` counts the false alarms. */
export type Confusion = Readonly<Record<Kind, Readonly<Record<Kind, number>>>>;

export function confusionOf(errors: Float32Array, labels: Uint8Array, threshold: number): Confusion {
  const counts = { normal: { normal: 0, abnormal: 0 }, abnormal: { normal: 0, abnormal: 0 } };
  errors.forEach((error, i) => {
    counts[kindOf(labels[i])][judge(error, threshold)]++;
  });
  return counts;
}

/** Histograms of the errors of both kinds over the same bins. */
export interface Histograms {
  readonly low: number;
  readonly high: number;
  readonly counts: Readonly<Record<Kind, readonly number[]>>;
}

/** The number of bins, as in the command line's figures. */
export const BINS = 50;

export function histogramsOf(errors: Float32Array, labels: Uint8Array): Histograms {
  const low = errors.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const greatest = errors.reduce((a, b) => Math.max(a, b), low);
  const span = { low, high: greatest > low ? greatest : low + 1e-3 };
  const counts = { normal: new Array<number>(BINS).fill(0), abnormal: new Array<number>(BINS).fill(0) };
  errors.forEach((error, i) => {
    counts[kindOf(labels[i])][binOf(error, span)]!++;
  });
  return { ...span, counts };
}

/** The bin of an error; errors out of range belong to the first or last bin. */
export function binOf(error: number, { low, high }: Pick<Histograms, 'low' | 'high'>): number {
  return Math.max(0, Math.min(BINS - 1, Math.floor(((error - low) / (high - low)) * BINS)));
}

export const formatError = (error: number): string => error.toFixed(4);
