import type { RecordingSet } from '@hourglass/datasets';
import {
  type Detector,
  drawRecording,
  drawWorst,
  type Judged,
  judge,
  judgeStream,
  SERIES_ID,
} from '@hourglass/experiments';
import { readOnce } from '../io/beats-input.ts';
import { STANDARD_INPUT } from '../io/input-file.ts';
import type { Messages } from '../io/messages.ts';
import { OutputFolder } from '../io/output-folder.ts';
import { writeParts } from '../io/part-file.ts';
import { type OpenDetector, withDetector } from '../model/open-detector.ts';
import { hasIds, hasSeveral, openInput, readInput, type SeriesInput, streamReading } from '../run/series-input.ts';
import type { Reading, SeriesFlags } from '../run/series-settings.ts';
import { UsageError } from '../usage/errors.ts';
import { shardPath } from '../usage/shard.ts';
import { type DetectOptions, finishedShard, type SkippedShard } from './detect.ts';
import { type Verdict, VerdictLines } from './verdict-lines.ts';
import { watch } from './watch-series.ts';

export interface DetectSeriesOptions extends DetectOptions, SeriesFlags {
  /** The folder for figures; if undefined, none are drawn. */
  readonly out?: string | undefined;
}

/** The output of `detect series --json`. */
export interface SeriesDetection {
  readonly experiment: string;
  readonly weights: readonly string[];
  readonly adapter: string;
  /** Scores above this are abnormal. */
  readonly threshold: number;
  readonly abnormal: number;
  /** One for each series of the input, in order; for a recording, one for each instant. Absent with `--scores`. */
  readonly verdicts?: readonly Verdict[];
  /** The file of the verdicts, absolute, and their number. */
  readonly scores?: string;
  readonly samples?: number;
  /** The absolute paths of the figures. */
  readonly figures: readonly string[];
}

/**
 * Finds abnormal series, or abnormal stretches of recordings. `write` receives the lines of text, unless they go to a
 * file or are returned because of `--json`.
 *
 * @throws UsageError or DataError, naming file and line, for wrong input
 */
export async function detectSeries(
  options: DetectSeriesOptions,
  messages: Messages,
  write: (text: string) => Promise<void>,
): Promise<SeriesDetection | SkippedShard> {
  const { input, more = [], out, shard } = options;
  const isStream = input === STANDARD_INPUT;
  if (shard !== undefined && isStream) throw readOnce('standard input');
  if (shard !== undefined && out !== undefined)
    throw new UsageError("--shard and --out can't be used together: figures show all of the data.");
  const scores = options.scores === undefined ? undefined : shardPath(options.scores, shard);
  const finished = finishedShard(SERIES_ID, scores, shard, messages);
  if (finished !== undefined) return finished;
  const files = [input, ...more];
  const load = async (detector: Detector): Promise<Loaded> => {
    if (isStream) return { stream: streamReading(options, detector) };
    return out === undefined ? openInput(files, options, detector) : readInput(files, options, detector);
  };
  return withDetector(options, load, async (model, loaded) => {
    const { threshold, layout } = model.detector;
    const detected = async (write: ((text: string) => Promise<void>) | undefined) => {
      const several = 'several' in loaded ? loaded.several : 'recordings' in loaded && hasSeveral(loaded);
      const identified = 'several' in loaded ? loaded.identified : 'recordings' in loaded && hasIds(loaded);
      const { format = 'csv' } = options;
      const lines = new VerdictLines({ threshold, format, several, identified, header: !shard?.index, write });
      await lines.begin();
      return { lines, figures: await detectIn(loaded, model, lines, out, messages) };
    };
    const { lines, figures } =
      scores === undefined
        ? await detected(options.json ? undefined : write)
        : await writeParts(scores, '--scores', (file) => detected(file.write));
    const noun = layout === 'series' ? 'series' : isStream ? 'windows' : 'instants';
    messages.line(
      `${lines.abnormal} of ${lines.count} ${noun} abnormal: their score is above ${threshold.toPrecision(4)}.`,
    );
    return {
      experiment: SERIES_ID,
      weights: model.weights,
      adapter: model.adapter,
      threshold,
      abnormal: lines.abnormal,
      ...(scores === undefined ? { verdicts: lines.verdicts } : { scores, samples: lines.count }),
      figures,
    };
  });
}

/** What is judged: files read whole, for figures; files read in chunks; or standard input. */
type Loaded = RecordingSet | SeriesInput | { readonly stream: Reading };

/** @returns the absolute paths of the figures */
async function detectIn(
  loaded: Loaded,
  model: OpenDetector,
  lines: VerdictLines,
  out: string | undefined,
  messages: Messages,
): Promise<readonly string[]> {
  if ('stream' in loaded) {
    await watch(process.stdin, loaded.stream, model, (judgements) => lines.add(judgements));
    return [];
  }
  if ('recordings' in loaded) return detectAndDraw(loaded, model, lines, new OutputFolder(out!, '--out'), messages);
  try {
    for await (const judgements of judgeStream(model.trained, loaded, model.detector)) {
      await lines.add(judgements);
      messages.transient(`${lines.count} ${model.detector.layout === 'series' ? 'series' : 'instants'}`);
    }
    return [];
  } finally {
    messages.clear();
  }
}

async function detectAndDraw(
  { recordings }: RecordingSet,
  { trained, detector }: OpenDetector,
  lines: VerdictLines,
  folder: OutputFolder,
  messages: Messages,
): Promise<readonly string[]> {
  const onProgress = (done: number, total: number): void => messages.transient(`${done} of ${total} windows`);
  const judged = await judge(trained, recordings, detector, onProgress).finally(() => messages.clear());
  await folder.make();
  for (const [k, { recording, instants }] of judged.entries()) {
    const { file, id, times } = recording;
    await lines.add(
      Array.from(instants, (score, i) => {
        const index = detector.layout === 'series' ? k : i;
        return { file, index, time: times?.[i] ?? index, id, score };
      }),
    );
  }
  await drawFigures(folder, judged, { trained, detector });
  return folder.files;
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
