import { WeightsError } from '@hourglass/nn';

/** How a detector scores a sample: by a mean of the differences between its scaled numbers and their reconstruction. */
export const SCORES = { mae: 'mean absolute error', rmse: 'root mean squared error' } as const;
export type Score = keyof typeof SCORES;

/** The report's score. */
export const REPORT_SCORE: Score = 'mae';

/** The metadata entry that stores the score with the weights of a detector. */
const ENTRY = 'hourglass.score';

export const scoreMetadata = (score: Score): Record<string, string> => ({ [ENTRY]: score });

/**
 * The score that a detector's threshold applies to: the report's, if none is stored with the weights.
 * @throws WeightsError if it is unknown, because verdicts by another score would be wrong
 */
export function scoreOf({
  metadata,
  source,
}: {
  readonly metadata: Readonly<Record<string, string>>;
  readonly source: string;
}): Score {
  const text = metadata[ENTRY] ?? REPORT_SCORE;
  if (Object.hasOwn(SCORES, text)) return text as Score;
  throw new WeightsError(
    `${source}: the detector’s score '${text.slice(0, 80)}' is unknown. Known scores: ${Object.keys(SCORES).join(', ')}.`,
  );
}
