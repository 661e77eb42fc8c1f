import { DataError } from '../dataset.ts';
import type { Counts, RecordingSet } from './recording.ts';

/** Joins the sets of several files. @throws DataError if their channels or lengths differ */
export function joinRecordings(sets: readonly RecordingSet[]): RecordingSet {
  const [first] = sets as [RecordingSet, ...RecordingSet[]];
  const recordings = sets.flatMap((set) => ordered(set, first).recordings);
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
  return { ...first, recordings, labels: labelled > 0 ? summed(sets) : undefined };
}

function summed(sets: readonly RecordingSet[]): Counts {
  const sum = new Map<string, number>();
  for (const { labels = [] } of sets)
    for (const [label, times] of labels) sum.set(label, (sum.get(label) ?? 0) + times);
  return sum;
}

/**
 * The set with its channels in the order of the first file: by name, or by position if a file does not name them.
 *
 * @throws DataError if the channels differ
 */
export function ordered<Kind extends RecordingSet>(set: Kind, first: RecordingSet): Kind {
  const { channels } = first;
  const fileOf = ({ recordings }: RecordingSet): string => recordings[0]!.file;
  if (set.channels.length !== channels.length || set.layout !== first.layout) {
    const says = ({ layout, channels }: RecordingSet): string =>
      `${layout === 'series' ? 'series' : 'a recording'} with ${channels.length === 1 ? '1 channel' : `${channels.length} channels`}`;
    throw new DataError(
      `${fileOf(first)} contains ${says(first)}, but ${fileOf(set)} contains ${says(set)}. Files that are read together must have the same form.`,
    );
  }
  if (![set, first].every(isNamed) || channels.every((name, c) => name === set.channels[c])) return set;
  const places = channels.map((name) => set.channels.indexOf(name));
  if (places.includes(-1) || new Set(places).size < places.length) {
    const list = (names: readonly string[]): string => names.slice(0, 8).join(', ') + (names.length > 8 ? ', …' : '');
    throw new DataError(
      `${fileOf(first)} has the channels ${list(channels)}, but ${fileOf(set)} has ${list(set.channels)}. Files that are read together must have the same columns; choose them with --columns.`,
    );
  }
  const width = places.length;
  const recordings = set.recordings.map((recording) => ({
    ...recording,
    values: recording.values.map((_, i) => recording.values[i - (i % width) + places[i % width]!]!),
  }));
  return { ...set, channels, recordings };
}

/** Columns without a name are numbered. */
const isNamed = ({ fromColumns, channels }: RecordingSet): boolean =>
  fromColumns && channels.some((name) => !/^\d+$/.test(name));
