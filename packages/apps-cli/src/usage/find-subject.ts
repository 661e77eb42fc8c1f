import { EXPERIMENTS, GANS, IMAGE_IDS, SERIES_ID } from '@hourglass/experiments';
import { imagesSubject } from '../run/images-subject.ts';
import { reportSubject } from '../run/report-subject.ts';
import { seriesSubject } from '../run/series-subject.ts';
import type { Subject } from '../run/subject.ts';
import { UsageError } from './errors.ts';
import { unknownWord } from './nearest-word.ts';

/** What can be trained. */
export const SUBJECT_IDS: readonly string[] = [...EXPERIMENTS.keys(), ...GANS.keys(), ...IMAGE_IDS, SERIES_ID];

/** @throws UsageError suggesting the nearest id if this one does not exist */
export function findSubject(id: string): Subject {
  if (id === SERIES_ID) return seriesSubject;
  if (IMAGE_IDS.includes(id)) return imagesSubject(id);
  const experiment = EXPERIMENTS.get(id) ?? GANS.get(id);
  if (experiment === undefined) throw new UsageError(unknownWord('experiment', id, SUBJECT_IDS));
  return reportSubject(experiment);
}
