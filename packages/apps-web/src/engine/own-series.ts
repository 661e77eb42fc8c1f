import {
  decodeText,
  fromTable,
  joinRecordings,
  parseDelimited,
  type RecordingSet,
  type SeriesOptions,
} from '@hourglass/datasets';
import { seriesData, seriesExperiment, seriesTask } from '@hourglass/experiments';
import type { Proposal } from './proposal.ts';

const TABLE = /\.(csv|tsv|txt)$/i;
/** The command line's usual settings, with gaps filled. */
const READING: SeriesOptions = { fill: 'linear' };
const CHOICE = {
  scale: 'standard',
  validation: 0.2,
  rule: undefined,
  seed: 0,
  reading: READING,
} as const;

export const areTables = (files: readonly File[]): boolean => files.every(({ name }) => TABLE.test(name));

/**
 * A detector of abnormal series from tables: a series per row, or an instant of a recording per row, cut into windows.
 *
 * @throws DataError if a table can't be read, or has too few numbers
 */
export async function ownSeries(files: readonly File[]): Promise<Proposal> {
  const task = seriesTask(await readTables(files, READING), CHOICE);
  const data = seriesData(task);
  const { layout, channels } = task.set;
  const samples = layout === 'series' ? 'series' : 'windows';
  const wide = channels.length === 1 ? '' : ` in ${channels.length} channels`;
  const notes = task.notes.map((note) => ` ${note}`).join('');
  return {
    experiments: [seriesExperiment(task, data)],
    data,
    files,
    description:
      `${data.train.count} ${samples} for training and ${data.test.count} for testing, ${task.cut.window} instants each${wide}.${notes}`.replace(
        /\.$/,
        '',
      ),
  };
}

/** The recordings in tables. @throws DataError if a table can't be read */
export async function readTables(files: readonly File[], reading: SeriesOptions): Promise<RecordingSet> {
  const sets = await Promise.all(
    files.map(async (file) => {
      const text = decodeText(new Uint8Array(await file.arrayBuffer()), file.name);
      return fromTable(parseDelimited(text, file.name), reading);
    }),
  );
  return joinRecordings(sets);
}
