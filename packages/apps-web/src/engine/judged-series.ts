import { checkChannels, concatenated, type Detector, judge, type TrainedModel, worstOf } from '@hourglass/experiments';
import type { JudgedSeries } from './api.ts';
import { readTables } from './own-series.ts';

/** The number of worst windows that the page shows. */
const WORST = 12;

/** Judges the series in tables. @throws DataError if the tables can't be read, or do not fit the detector */
export async function judgeTables(
  trained: TrainedModel,
  detector: Detector,
  files: readonly File[],
): Promise<JudgedSeries> {
  const set = await readTables(files, detector.reading);
  checkChannels(set, detector);
  const judged = await judge(trained, set.recordings, detector);
  const windows = judged.flatMap((own) => [...own.windows]);
  const scores = concatenated(judged.map((own) => own.scores));
  const unit = detector.layout === 'series' ? 'series' : judged.length === 1 ? 'instant' : 'window';
  return {
    threshold: detector.threshold,
    scores,
    positions: Float32Array.from(windows, ({ start }, i) => (unit === 'instant' ? start : i)),
    unit,
    worst: await worstOf(trained, windows, scores, detector, WORST),
  };
}
