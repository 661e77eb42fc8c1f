import { EXPERIMENTS, SERIES_ID } from '@hourglass/experiments';
import { reportSubject } from '../run/report-subject.ts';
import { seriesSubject } from '../run/series-subject.ts';
import type { Subject } from '../run/subject.ts';
import { UsageError } from './errors.ts';
import { unknownWord } from './nearest-word.ts';

/** The ids of everything that can be trained. */
export const SUBJECT_IDS: readonly string[] = [...EXPERIMENTS.keys(), SERIES_ID];

/** @throws UsageError suggesting the nearest id if this one does not exist */
export function findSubject(id: string): Subject {
  if (id === SERIES_ID) return seriesSubject;
  const experiment = EXPERIMENTS.get(id);
  if (experiment === undefined) throw new UsageError(unknownWord('experiment', id, SUBJECT_IDS));
  return reportSubject(experiment);
}
