import type { RecordingSet } from '@hourglass/datasets';
import { openSeries, type Shard } from '@hourglass/datasets/node';
import { checkChannels, type Detector, type SeriesSource } from '@hourglass/experiments';
import { fromUser, toUser } from '../io/paths.ts';
import { UsageError } from '../usage/errors.ts';
import { type Reading, readingOf, type SeriesFlags } from './series-settings.ts';
import { readFiles } from './series-subject.ts';

/** The user's series for a detector. */
export interface SeriesInput extends SeriesSource {
  /** Whether there are several files. */
  readonly several: boolean;
  /** Whether the series have ids. */
  readonly identified: boolean;
}

/**
 * Opens files for a detector. They are read in chunks if possible, and otherwise whole.
 *
 * @throws DataError if they do not fit the detector, UsageError for a shard of files that have to be read whole
 */
export async function openInput(
  files: readonly string[],
  options: SeriesFlags & { readonly shard?: Shard | undefined },
  detector: Detector,
): Promise<SeriesInput> {
  const { shard } = options;
  const reading = withoutLabels(options, detector);
  const open = await openSeries(files, { ...reading, folder: fromUser('.'), nameOf: toUser });
  if (open !== undefined && !(open.layout === 'recording' && detector.layout === 'series')) {
    checkChannels(open, detector);
    return {
      layout: open.layout,
      files: open.files(shard, detector.window),
      isPart: shard !== undefined,
      several: open.count > 1,
      identified: false,
    };
  }
  if (shard !== undefined)
    throw new UsageError(
      '--shard reads files in parts, which is impossible with --id, --query, --fill in recordings, .npz and .ts files. Give each job its own files instead.',
    );
  return wholeInput(await readInput(files, options, detector));
}

/**
 * How standard input is read for a detector. Its lines come one by one, so not every option makes sense.
 *
 * @throws UsageError for an option that makes no sense for standard input
 */
export function streamReading(
  options: SeriesFlags & { readonly out?: string | undefined },
  detector: Detector,
): Reading {
  const { query, id, layout, fill, more = [], out } = options;
  const refuse = (what: string, why: string): never => {
    throw new UsageError(`${what} can't be used with standard input: ${why}.`);
  };
  if (more.length > 0) refuse(toUser(more[0]!), 'it is the only input. Give files with --input');
  if (out !== undefined) refuse('--out', 'figures show all of the data. Give a file with --input');
  if (query !== undefined) refuse('--query', 'a query needs all rows. Give a file with --input');
  if (id !== undefined) refuse('--id', 'the lines are one recording, or one series each. Give a file with --input');
  if (layout !== undefined && layout !== detector.layout)
    refuse(`--layout ${layout}`, `the model reads ${detector.layout === 'series' ? 'series' : 'a recording'}`);
  const rows = detector.layout === 'series';
  if (rows && detector.channels.length > 1)
    refuse('a series of several channels', 'it does not fit into a line. Give a file with --input');
  if (!rows && fill === 'linear') refuse('--fill linear', 'it needs the number after a gap. Use --fill previous');
  // The names of columns that contain several series do not apply to a series in a line.
  const stored = rows && detector.reading.id !== undefined ? { fill: detector.reading.fill } : detector.reading;
  const reading = withoutLabels(options, { ...detector, reading: { ...stored, id: undefined } });
  return { ...reading, layout: detector.layout, fill: rows ? reading.fill : reading.fill && 'previous' };
}

/** Reads whole files for a detector. @throws DataError if they do not fit it */
export async function readInput(
  files: readonly string[],
  options: SeriesFlags,
  detector: Detector,
): Promise<RecordingSet> {
  const set = await readFiles(files, withoutLabels(options, detector));
  checkChannels(set, detector);
  return set;
}

function wholeInput(set: RecordingSet): SeriesInput {
  const chunk = { ...set, first: 0, place: 'within' } as const;
  const files = (async function* () {
    yield {
      name: set.recordings[0]!.file,
      chunks: (async function* () {
        yield chunk;
      })(),
    };
  })();
  return { layout: 'series', files, isPart: false, several: hasSeveral(set), identified: hasIds(set) };
}

export const hasSeveral = ({ recordings }: RecordingSet): boolean =>
  recordings.some(({ file }) => file !== recordings[0]!.file);

export const hasIds = ({ recordings: [first] }: RecordingSet): boolean => first!.id !== undefined;

/** A detector needs no labels; if there is a column of them, it is not a channel. */
function withoutLabels(options: SeriesFlags, { reading, layout, window, channels }: Detector): Reading {
  const own = readingOf(options, reading);
  const rows = layout === 'series' && channels.length === 1 && own.id === undefined;
  return rows
    ? { ...own, normal: own.normal ?? '', length: window }
    : { ...own, label: options.label, normal: options.label && (own.normal ?? '') };
}
