import { WeightsError } from '@hourglass/nn';
import { thresholdOf } from './detection.ts';
import type { FigureSource } from './figure-source.ts';
import { allRows } from './samples.ts';
import type { FittedWeights } from './stored-weights.ts';

/** The values that a detector needs besides its weights. They belong to the trained model and are stored with it. */
export interface Calibration {
  /** The range of the training split before scaling. The model sees it as 0 to 1. */
  readonly minimum: number;
  readonly maximum: number;
  /** A beat is abnormal if its error, on scaled samples, is above this. */
  readonly threshold: number;
}

/** The metadata entry that stores the calibration as JSON. */
const ENTRY = 'hourglass.calibration';

/** Calibrates on the normal beats of the training split. @throws RangeError if the data was not scaled by a range */
export async function calibrate(source: Omit<FigureSource, 'experiment'>): Promise<Calibration> {
  const { trained, data, deviations } = source;
  if (data.range === undefined) throw new RangeError(`${data.id} is not a dataset of scaled series.`);
  const errors = await trained.errors(await allRows(data.train));
  return { ...data.range, threshold: thresholdOf(errors, deviations) };
}

export const calibrationMetadata = (calibration: Calibration): Record<string, string> => ({
  [ENTRY]: JSON.stringify(calibration),
});

/**
 * The calibration stored with weights; undefined if there is none, as in Keras files.
 * @throws WeightsError if it is damaged
 */
export function calibrationOf({
  metadata,
  source,
}: Pick<FittedWeights, 'metadata' | 'source'>): Calibration | undefined {
  const text = metadata[ENTRY];
  if (text === undefined) return undefined;
  try {
    const { minimum, maximum, threshold } = JSON.parse(text) as Record<string, unknown>;
    if (isNumber(minimum) && isNumber(maximum) && isNumber(threshold) && minimum < maximum)
      return { minimum, maximum, threshold };
  } catch {
    // reported below
  }
  throw new WeightsError(
    `${source}: the minimum, maximum and threshold in its header are damaged: ${text.slice(0, 80)}`,
  );
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);
