import { isNormal, type Recording, type Window } from '@hourglass/datasets';
import {
  checkChannels,
  type Detector,
  type DetectorMetrics,
  detectorMetrics,
  judge,
  SERIES_ID,
  type Split,
  scoreWindows,
  type TrainedModel,
} from '@hourglass/experiments';
import type { Messages } from '../io/messages.ts';
import { toUser } from '../io/paths.ts';
import { withDetector } from '../model/open-detector.ts';
import type { DatasetInfo } from '../run/config.ts';
import { configOf } from '../run/folder.ts';
import { readingOf, type SeriesFlags } from '../run/series-settings.ts';
import { readFiles, taskOf } from '../run/series-subject.ts';
import { UsageError } from '../usage/errors.ts';
import type { EvaluateOptions } from './evaluate.ts';

/** What is evaluated: series, instants of recordings, or windows of the run's own recordings. */
type Unit = 'series' | 'instants' | 'windows';

/** The evaluated part of one file. */
interface Part {
  readonly file: string;
  readonly scores: ArrayLike<number>;
  /** For each score: 1 normal, 0 abnormal; undefined without labels. */
  readonly normal: ArrayLike<number> | undefined;
}

/** The output of `evaluate series --json`. Without labels, `abnormal` is the only metric. */
export interface SeriesEvaluation extends Partial<DetectorMetrics> {
  readonly experiment: string;
  readonly weights: readonly string[];
  readonly adapter: string;
  readonly dataset: DatasetInfo;
  readonly split: Split;
  readonly samples: number;
  readonly unit: Unit;
  readonly threshold: number;
  /** The number of scores above the threshold. */
  readonly abnormal: number;
  readonly files: readonly (Partial<DetectorMetrics> & {
    readonly file: string;
    readonly samples: number;
    readonly abnormal: number;
  })[];
}

/**
 * Measures how well a detector distinguishes abnormal series from normal ones: all series of given files, or those of
 * its own run that were held back or are abnormal.
 *
 * @throws any error that `explain` handles
 */
export async function evaluateSeries(
  options: EvaluateOptions & SeriesFlags,
  messages: Messages,
): Promise<SeriesEvaluation> {
  const { data, more = [], split = data === undefined ? 'test' : 'all' } = options;
  if (data !== undefined && split !== 'all')
    throw new UsageError(`--split ${split} is for a run's own data; files given with --data are evaluated as a whole.`);
  return withDetector(
    options,
    (detector) =>
      data === undefined ? ownWindows(options, split) : givenRecordings([data, ...more], options, detector),
    async ({ trained, detector, weights, adapter }, load) => {
      const onProgress = (done: number, total: number): void => messages.transient(`${done} of ${total} windows`);
      const { parts, unit, train } = await load({ trained, detector, onProgress }).finally(() => messages.clear());
      const { threshold } = detector;
      const all = measured(parts, threshold);
      const missing = whatIsMissing(parts);
      if (missing !== undefined) messages.line(missing);
      const files = [...new Set(parts.map(({ file }) => file))].map((file) => ({
        file,
        ...measured(
          parts.filter((part) => part.file === file),
          threshold,
        ),
      }));
      const dataset: DatasetInfo = { id: SERIES_ID, source: 'files', train, test: all.samples };
      return { experiment: SERIES_ID, weights, adapter, dataset, split, unit, threshold, ...all, files };
    },
  );
}

/** Why there is no area under the curve, as a sentence; undefined if there is one. */
function whatIsMissing(parts: readonly Part[]): string | undefined {
  if (parts[0]!.normal === undefined)
    return 'The data have no labels, so no metrics can be computed. Use --label and --normal to say what is normal.';
  const has = (wanted: number): boolean => parts.some(({ normal }) => Array.prototype.includes.call(normal, wanted));
  if (has(0) && has(1)) return undefined;
  return `All labels say ${has(1) ? 'normal' : 'abnormal'}, so the separation of normal and abnormal can't be measured.`;
}

interface Judging {
  readonly trained: TrainedModel;
  readonly detector: Detector;
  readonly onProgress: (done: number, total: number) => void;
}

type Judge = (
  judging: Judging,
) => Promise<{ readonly parts: readonly Part[]; readonly unit: Unit; readonly train: number }>;

async function givenRecordings(files: readonly string[], options: SeriesFlags, detector: Detector): Promise<Judge> {
  const { layout, window } = detector;
  const own = readingOf(options, detector.reading);
  const set = await readFiles(
    files,
    layout === 'series' && detector.channels.length === 1 ? { ...own, length: window } : own,
  );
  checkChannels(set, detector);
  return async ({ trained, onProgress }) => {
    const judged = await judge(trained, set.recordings, detector, onProgress);
    const parts = judged.map(
      ({ recording, instants }): Part => ({
        file: recording.file,
        scores: instants,
        normal: layout === 'series' ? recording.normal?.subarray(0, 1) : recording.normal,
      }),
    );
    return { parts, unit: layout === 'series' ? 'series' : 'instants', train: 0 };
  };
}

async function ownWindows(options: EvaluateOptions, split: Split): Promise<Judge> {
  const config = await configOf(options.weights ?? []);
  if (config?.series === undefined)
    throw new UsageError("Without --data, the run's own data are evaluated: give its folder with --weights.");
  const { set, splits, cut, scaling } = await taskOf(config.series, config.settings.seed);
  const test = [...splits.validation, ...splits.abnormal];
  const windows: readonly Window[] = { test, train: splits.train, all: [...new Set([...splits.train, ...test])] }[
    split
  ];
  return async ({ trained, onProgress }) => {
    const scores = await scoreWindows(trained, windows, cut, scaling, { onProgress });
    const files = new Map<string, { scores: number[]; normal: number[]; recording: Recording }>();
    windows.forEach((window, i) => {
      const { recording } = window;
      const part = files.get(recording.file) ?? { scores: [], normal: [], recording };
      files.set(recording.file, part);
      part.scores.push(scores[i]!);
      part.normal.push(isNormal(window, cut) ? 1 : 0);
    });
    const parts = [...files].map(
      ([file, { scores, normal, recording }]): Part => ({
        file,
        scores,
        normal: recording.normal && normal,
      }),
    );
    return { parts, unit: set.layout === 'series' ? 'series' : 'windows', train: splits.train.length };
  };
}

function measured(
  parts: readonly Part[],
  threshold: number,
): Partial<DetectorMetrics> & { samples: number; abnormal: number } {
  const scores = concatenated(parts.map((part) => part.scores));
  const counts = { samples: scores.length, abnormal: scores.filter((score) => score > threshold).length };
  if (parts[0]!.normal === undefined) return counts;
  return { ...counts, ...detectorMetrics(scores, concatenated(parts.map(({ normal }) => normal!)), threshold) };
}

function concatenated(parts: readonly ArrayLike<number>[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The metrics as text: a table with one row per file. */
export function formatSeriesEvaluation({ weights, split, unit, threshold, files, ...all }: SeriesEvaluation): string {
  const rows = files.length > 1 ? [...files, { file: 'all', ...all }] : [{ file: files[0]!.file, ...all }];
  const number = (value: number | undefined): string => (value === undefined ? '-' : value.toFixed(4));
  const table = [
    ['file', unit, 'AUROC', 'AP', 'F1', 'precision', 'recall', 'found', 'missed', 'false alarms'],
    ...rows.map(({ file, samples, auroc, averagePrecision, f1, precision, recall, confusion }) => [
      file,
      String(samples),
      ...[auroc, averagePrecision, f1, precision, recall].map(number),
      ...[confusion?.truePositives, confusion?.falseNegatives, confusion?.falsePositives].map((count) =>
        String(count ?? '-'),
      ),
    ]),
  ];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const own = { test: 'held back or abnormal', train: 'trained on', all: 'all' }[split];
  return [
    `series: ${weights.map(toUser).join(', ')} on ${all.samples} ${unit} (${own}), threshold ${threshold.toPrecision(4)}, ${all.abnormal} above it`,
    ...table.map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
    ),
  ].join('\n');
}
