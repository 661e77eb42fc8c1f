import { DataError, type RecordingSet } from '@hourglass/datasets';
import { readSeries } from '@hourglass/datasets/node';
import { SERIES_ID, type SeriesTask, seriesData, seriesExperiment, seriesTask } from '@hourglass/experiments';
import { fromUser, toUser } from '../io/paths.ts';
import { UsageError } from '../usage/errors.ts';
import { checkFlags } from './own-flags.ts';
import {
  newSeriesSettings,
  type Reading,
  readingOf,
  resumedSeriesSettings,
  type SeriesSettings,
} from './series-settings.ts';
import { checkOptions, newSettings, resumedSettings } from './settings.ts';
import type { Subject } from './subject.ts';

/** Reads files of series. @throws DataError */
export function readFiles(files: readonly string[], reading: Reading): Promise<RecordingSet> {
  return readSeries(files, { ...reading, folder: fromUser('.'), nameOf: toUser });
}

/** Reads the training data of a run, and cuts and splits it. @throws DataError */
export async function taskOf(settings: SeriesSettings, seed: number): Promise<SeriesTask> {
  const { files, deviations, contamination, window, stride, model, scale, validation } = settings;
  // --window implies a recording, unless the files themselves show that they contain series.
  const layout = settings.layout ?? (window === undefined ? undefined : 'recording');
  const set = await readFiles(files, { ...readingOf(settings), layout });
  const rule = deviations !== undefined ? { deviations } : contamination !== undefined ? { contamination } : undefined;
  const { query: _, ...reading } = readingOf(settings);
  return seriesTask(set, { window, stride, model, scale, validation, seed, rule, reading });
}

/** The subject `series`: the user's own series. */
export const seriesSubject: Subject = {
  id: SERIES_ID,
  check: (options) => {
    const { size, dataDir, out, resume, loss } = options;
    checkFlags(SERIES_ID, options, 'series');
    if (loss === 'bce' || loss === 'ssim')
      throw new UsageError(
        `--loss ${loss} is ${loss === 'ssim' ? 'for images' : 'for numbers from 0 to 1, but scaled series have others'}. Use mse or mae.`,
      );
    if (size !== undefined) throw new UsageError('--size is for cartoons; for series, use --window.');
    if (out !== undefined && resume !== undefined)
      throw new UsageError("--out and --resume can't be used together: a resumed run stays in its own folder.");
    if (dataDir !== undefined && process.env.HOURGLASS_DATA === undefined)
      throw new UsageError('--data-dir is for the report’s datasets; series come from files, given with --data.');
    if (resume === undefined) newSeriesSettings(options);
  },
  load: async (options, { stored, kind, messages }) => {
    const began = stored?.config.series;
    if (stored !== undefined && began === undefined)
      throw new UsageError('The configuration of the run does not describe its series.');
    const series = began === undefined ? newSeriesSettings(options) : resumedSeriesSettings(began, options);
    const task = await taskOf(series, stored?.config.settings.seed ?? options.seed ?? 0).catch((error: unknown) => {
      if (began === undefined || options.data !== undefined || !(error instanceof DataError)) throw error;
      throw new DataError(
        `${error.message} The run was started with these files. If they have moved, give their location with --data.`,
        { cause: error },
      );
    });
    messages.line(...task.notes);
    const dataset = seriesData(task);
    const experiment = seriesExperiment(task, dataset);
    checkOptions(experiment, options);
    const { validation: _, ...own } = options; // the task has held back its share
    const settings =
      stored === undefined
        ? newSettings(experiment, own, kind)
        : resumedSettings(experiment, stored.config, own, stored.snapshot.state.epoch);
    const samples = task.set.layout === 'series' ? 'series' : 'windows';
    return { experiment, settings, dataset, series, samples, input: inputOf(task.set) };
  },
};

/** Layout and channels: `one recording of 1500 instants: pressure, flow`. */
export function inputOf({ layout, channels, recordings, fromColumns }: RecordingSet): string {
  const lengths = recordings.map(({ length }) => length).sort((a, b) => a - b);
  const [least, most] = [lengths[0]!, lengths.at(-1)!];
  const noun = layout === 'series' ? 'series' : recordings.length === 1 ? 'recording' : 'recordings';
  const count = recordings.length === 1 ? 'one' : recordings.length;
  const names = `${channels.slice(0, MOST_NAMES).join(', ')}${channels.length > MOST_NAMES ? ', …' : ''}`;
  const many = channels.length === 1 ? '1 channel' : `${channels.length} channels`;
  return `${count} ${noun} of ${least === most ? most : `${least} to ${most}`} instants: ${fromColumns ? names : many}`;
}

const MOST_NAMES = 8;
