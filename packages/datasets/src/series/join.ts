import { DataError } from '../dataset.ts';
import type { RecordingSet } from './recording.ts';

/** Joins the sets of several files. @throws DataError if their channels or lengths differ */
export function joinRecordings(sets: readonly RecordingSet[]): RecordingSet {
  const [first, ...others] = sets as [RecordingSet, ...RecordingSet[]];
  const fileOf = ({ recordings }: RecordingSet): string => recordings[0]!.file;
  for (const set of others) {
    if (set.channels.length !== first.channels.length || set.layout !== first.layout) {
      const says = ({ layout, channels }: RecordingSet): string =>
        `${layout === 'series' ? 'series' : 'a recording'} with ${channels.length === 1 ? '1 channel' : `${channels.length} channels`}`;
      throw new DataError(
        `${fileOf(first)} contains ${says(first)}, but ${fileOf(set)} contains ${says(set)}. Files that are read together must have the same form.`,
      );
    }
  }
  const recordings = sets.flatMap((set) => set.recordings);
  if (first.layout === 'series') {
    const odd = recordings.find(({ length }) => length !== recordings[0]!.length);
    if (odd !== undefined) {
      throw new DataError(
        `${odd.name} has ${odd.length} numbers, but ${recordings[0]!.name} has ${recordings[0]!.length}. Series must have equal length; --window cuts windows from series of any length.`,
      );
    }
  }
  const labelled = recordings.filter(({ normal }) => normal !== undefined).length;
  if (labelled > 0 && labelled < recordings.length)
    throw new DataError(`Only ${labelled} of ${recordings.length} series have labels.`);
  return { ...first, recordings };
}
