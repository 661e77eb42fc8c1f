import type { Recording, RecordingSet } from '@hourglass/datasets';
import {
  checkChannels,
  type Detector,
  drawRecording,
  drawWorst,
  type Judged,
  judge,
  SERIES_ID,
} from '@hourglass/experiments';
import type { Messages } from '../io/messages.ts';
import { OutputFolder } from '../io/output-folder.ts';
import { type OpenDetector, withDetector } from '../model/open-detector.ts';
import { readingOf, type SeriesFlags } from '../run/series-settings.ts';
import { readFiles } from '../run/series-subject.ts';
import { type DetectOptions, STANDARD_INPUT } from './detect.ts';
import { watch } from './watch-series.ts';

export const FORMATS = ['csv', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

export interface DetectSeriesOptions extends DetectOptions, SeriesFlags {
  /** The format of the lines on standard output; default csv. */
  readonly format?: Format | undefined;
  /** The folder for figures; if undefined, none are drawn. */
  readonly out?: string | undefined;
}

/** The verdict on a series, an instant or a window of a stream. */
export interface Verdict {
  /** The number of the series or instant, from 0. */
  readonly index: number;
  /** Its time: as given in the file, else its number. */
  readonly time: string | number;
  readonly score: number;
  readonly abnormal: boolean;
  /** The file, if there are several. */
  readonly file?: string;
}

/** The output of `detect series --json`. */
export interface SeriesDetection {
  readonly experiment: string;
  readonly weights: readonly string[];
  readonly adapter: string;
  /** Scores above this are abnormal. */
  readonly threshold: number;
  readonly abnormal: number;
  /** One for each series of the input, in order; for a recording, one for each instant. */
  readonly verdicts: readonly Verdict[];
  /** The absolute paths of the figures. */
  readonly figures: readonly string[];
}

/**
 * Finds abnormal series, or abnormal stretches of recordings. `write` receives every line of text; with `--json` there
 * are none.
 *
 * @throws UsageError or DataError, naming file and line, for wrong input
 */
export async function detectSeries(
  options: DetectSeriesOptions,
  messages: Messages,
  write: (line: string) => void,
): Promise<SeriesDetection> {
  const isStream = options.input === STANDARD_INPUT;
  const load = async (detector: Detector): Promise<RecordingSet | undefined> => {
    if (isStream) return undefined;
    const set = await readFiles([options.input, ...(options.more ?? [])], withoutLabels(options, detector));
    checkChannels(set, detector);
    return set;
  };
  return withDetector(options, load, async (model, set) => {
    const { threshold } = model.detector;
    const lines = new Lines(
      options,
      set !== undefined && new Set(set.recordings.map(({ file }) => file)).size > 1,
      write,
    );
    if (set === undefined) await watch(process.stdin, model, (verdict) => lines.add(verdict));
    const figures = set === undefined ? [] : await judgeFiles(model, set.recordings, lines, options, messages);
    const { verdicts } = lines;
    const abnormal = lines.abnormal;
    messages.line(
      `${abnormal} of ${lines.count} ${model.detector.layout === 'series' ? 'series' : isStream ? 'windows' : 'instants'} abnormal: their score is above ${threshold.toPrecision(4)}.`,
    );
    return {
      experiment: SERIES_ID,
      weights: model.weights,
      adapter: model.adapter,
      threshold,
      abnormal,
      verdicts,
      figures,
    };
  });
}

/** A detector needs no labels; if there is a column of them, it is not a channel. */
function withoutLabels(options: SeriesFlags, { reading, layout, window, channels }: Detector) {
  const own = readingOf(options, reading);
  const rows = layout === 'series' && channels.length === 1 && own.id === undefined;
  return rows
    ? { ...own, normal: own.normal ?? '', length: window }
    : { ...own, label: options.label, normal: options.normal };
}

async function judgeFiles(
  { trained, detector }: OpenDetector,
  recordings: readonly Recording[],
  lines: Lines,
  { out }: DetectSeriesOptions,
  messages: Messages,
): Promise<readonly string[]> {
  const folder = out === undefined ? undefined : new OutputFolder(out, '--out');
  await folder?.make();
  const onProgress = (done: number, total: number): void => messages.transient(`${done} of ${total} windows`);
  const judged = await judge(trained, recordings, detector, onProgress).finally(() => messages.clear());
  for (const [k, { recording, instants }] of judged.entries()) {
    for (let i = 0; i < instants.length; i++) {
      const index = detector.layout === 'series' ? k : i;
      const time = recording.times?.[i] ?? index;
      lines.add({
        index,
        time,
        score: instants[i]!,
        abnormal: instants[i]! > detector.threshold,
        file: recording.file,
      });
    }
  }
  if (folder !== undefined) await drawFigures(folder, judged, { trained, detector });
  return folder?.files ?? [];
}

async function drawFigures(
  folder: OutputFolder,
  judged: readonly Judged[],
  { trained, detector }: Pick<OpenDetector, 'trained' | 'detector'>,
): Promise<void> {
  if (detector.layout === 'recording') {
    for (const [i, own] of judged.entries())
      await folder.addFigure({ name: i === 0 ? 'recording' : `recording-${i + 1}`, svg: drawRecording(own, detector) });
  }
  const windows = judged.flatMap((own) => [...own.windows]);
  const scores = Float32Array.from(judged.flatMap((own) => [...own.scores]));
  await folder.addFigure(await drawWorst(trained, windows, scores, detector));
}

/** Verdicts as lines of text, or collected for one JSON object. */
class Lines {
  readonly verdicts: Verdict[] = [];
  count = 0;
  abnormal = 0;
  private readonly keep: boolean;
  private readonly format: Format;
  private readonly withFile: boolean;
  private readonly write: (line: string) => void;

  constructor({ json = false, format = 'csv' }: DetectSeriesOptions, withFile: boolean, write: (line: string) => void) {
    this.keep = json;
    this.format = format;
    this.withFile = withFile;
    this.write = write;
    if (!json && format === 'csv') write(`${withFile ? 'file,' : ''}time,score,verdict`);
  }

  add({ file, ...verdict }: Verdict): void {
    this.count++;
    if (verdict.abnormal) this.abnormal++;
    const own = this.withFile && file !== undefined ? { file } : {};
    if (this.keep) {
      this.verdicts.push({ ...own, ...verdict });
      return;
    }
    const { time, score, abnormal } = verdict;
    if (this.format === 'jsonl') this.write(JSON.stringify({ ...own, ...verdict }));
    else
      this.write(
        [...Object.values(own), time, score.toPrecision(6), abnormal ? 'abnormal' : 'normal'].map(cell).join(','),
      );
  }
}

/** A cell of CSV, in quotation marks if necessary. */
function cell(value: string | number): string {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
