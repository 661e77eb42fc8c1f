import { WeightsError } from '@hourglass/nn';
import { thresholdOf } from './detection.ts';
import type { FigureSource } from './figure-source.ts';
import { allRows } from './samples.ts';
import type { FittedWeights } from './stored-weights.ts';

/** What a detector needs besides its weights; it belongs to the trained model and is stored with it. */
export interface Calibration {
  /** Of the training split, before it was scaled: 0 and 1 for the model. */
  readonly minimum: number;
  readonly maximum: number;
  /** A beat whose mean absolute error, of scaled samples, is above it is abnormal. */
  readonly threshold: number;
}

/** The entry of a file's metadata that holds it as JSON. */
const ENTRY = 'hourglass.calibration';

/** From the normal beats of the training split. @throws RangeError if the data were not scaled by a range */
export async function calibrate(source: Omit<FigureSource, 'experiment'>): Promise<Calibration> {
  const { trained, data, deviations } = source;
  if (data.range === undefined) throw new RangeError(`${data.id} is no data set of series that were scaled.`);
  const errors = await trained.errors(await allRows(data.train));
  return { ...data.range, threshold: thresholdOf(errors, deviations) };
}

export const calibrationMetadata = (calibration: Calibration): Record<string, string> => ({
  [ENTRY]: JSON.stringify(calibration),
});

/**
 * The calibration that was stored with weights; undefined if there is none, as in Keras files.
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
    // told below
  }
  throw new WeightsError(
    `${source}: the minimum, maximum and threshold in its header are damaged: ${text.slice(0, 80)}`,
  );
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);
