import {
  DataError,
  instantScores,
  type Layout,
  type Recording,
  rowsOfWindows,
  type SeriesFile,
  type Window,
} from '@hourglass/datasets';
import type { TrainedModel } from '../trained-model.ts';
import type { Detector } from './detector.ts';
import { InstantMeans } from './instant-means.ts';
import { scoreWindows, windowsToJudge } from './judge.ts';
import { type CutWindow, WindowCutter } from './window-cutter.ts';

/** Identifies a series, an instant or a window. */
interface Place {
  /** The name of the file. */
  readonly file: string;
  /** The number of the series or instant, from 0. */
  readonly index: number;
  /** Its time: as given in the file, else its number. */
  readonly time: string | number;
  /** The id of its series, if a column identifies series. */
  readonly id?: string | undefined;
}

export interface Judgement extends Place {
  readonly score: number;
}

export interface Encoding extends Place {
  readonly code: Float32Array;
}

/** Windows of files, and a function that turns the model's results for them into outcomes. */
interface Piece<Outcome> {
  readonly windows: readonly Window[];
  /** @param results [windows, …] */
  readonly settle: (results: Float32Array) => readonly Outcome[];
}

/** Series to process. */
export interface SeriesSource {
  /** `series`: the recordings in the chunks are complete. `recording`: each file is one recording. */
  readonly layout: Layout;
  readonly files: AsyncIterable<SeriesFile>;
  /** Whether the source is only a part of the data, such as a shard. */
  readonly isPart: boolean;
}

/** Largest number of windows, and of numbers in them, that a model processes at once. */
const MOST = { windows: 4096, numbers: 2 ** 23 };

/**
 * The scores of series, or of the instants of recordings, as `judge` computes them, in the order of the files. Memory
 * does not depend on the number of rows.
 *
 * @throws DataError if a recording is shorter than a window, or a score is not a finite number
 */
export function judgeStream(
  trained: TrainedModel,
  source: SeriesSource,
  detector: Detector,
): AsyncGenerator<readonly Judgement[]> {
  const judged = (file: SeriesFile): AsyncGenerator<Piece<Judgement>> =>
    source.layout === 'series' ? judgedRows(file, detector) : judgedInstants(file, detector);
  return outcomes(source, judged, detector, (windows, of) =>
    scoreWindows(trained, windows, detector, detector.scaling, { of }),
  );
}

/**
 * The codes of series, or of the windows of recordings. The index and time of a window are those of its last instant.
 *
 * @throws DataError if a recording is shorter than a window
 */
export function encodeStream(
  trained: TrainedModel,
  source: SeriesSource,
  detector: Detector,
): AsyncGenerator<readonly Encoding[]> {
  const encoded = (file: SeriesFile): AsyncGenerator<Piece<Encoding>> =>
    source.layout === 'series' ? encodedRows(file, detector) : encodedWindows(file, detector);
  return outcomes(source, encoded, detector, (windows, of) => {
    const read = async (start: number, count: number): Promise<Float32Array> =>
      rowsOfWindows(windows.slice(start, start + count), detector, detector.scaling);
    return trained.encode({ count: windows.length, read }, { of });
  });
}

async function* outcomes<Outcome>(
  { files, isPart }: SeriesSource,
  piecesOf: (file: SeriesFile) => AsyncIterable<Piece<Outcome>>,
  { window, channels }: Detector,
  compute: (windows: readonly Window[], of: number) => Promise<Float32Array>,
): AsyncGenerator<readonly Outcome[]> {
  const most = Math.min(MOST.windows, Math.ceil(MOST.numbers / (window * channels.length)));
  let waiting: Piece<Outcome>[] = [];
  let isLong = isPart;
  const settle = async (): Promise<Outcome[]> => {
    const windows = waiting.flatMap((piece) => piece.windows);
    const of = isLong ? Number.POSITIVE_INFINITY : windows.length;
    const results = windows.length === 0 ? new Float32Array() : await compute(windows, of);
    const width = results.length / Math.max(1, windows.length);
    let at = 0;
    const settled = waiting.flatMap((piece) => {
      const start = at;
      at += piece.windows.length;
      return piece.settle(results.subarray(start * width, at * width));
    });
    waiting = [];
    return settled;
  };
  for await (const file of files) {
    for await (const piece of piecesOf(file)) {
      waiting.push(piece);
      if (waiting.reduce((sum, { windows }) => sum + windows.length, 0) < most) continue;
      isLong = true;
      yield await settle();
    }
  }
  if (waiting.length > 0) yield await settle();
}

async function* judgedRows({ chunks }: SeriesFile, detector: Detector): AsyncGenerator<Piece<Judgement>> {
  for await (const { recordings, first } of chunks) {
    const parts = recordings.map((recording) => windowsToJudge(recording, detector));
    yield {
      windows: parts.flat(),
      settle: (scores) => {
        let at = 0;
        return parts.flatMap((windows, row): Judgement[] => {
          const { file, id, length, times } = recordings[row]!;
          const own = scores.subarray(at, at + windows.length);
          at += windows.length;
          const isOne = detector.layout === 'series';
          const instants = isOne ? own : instantScores(windows, own, detector, length);
          return Array.from(instants, (score, t) => {
            const index = isOne ? first + row : t;
            return { file, index, time: times?.[t] ?? index, id, score };
          });
        });
      },
    };
  }
}

async function* encodedRows({ chunks }: SeriesFile, detector: Detector): AsyncGenerator<Piece<Encoding>> {
  const last = detector.window - 1;
  for await (const { recordings, first } of chunks) {
    const placed = recordings.flatMap((recording, row) =>
      windowsToJudge(recording, detector).map((window) => {
        const isOne = detector.layout === 'series';
        const index = isOne ? first + row : window.start + last;
        return { window, index, time: recording.times?.[isOne ? 0 : index] ?? index };
      }),
    );
    yield {
      windows: placed.map(({ window }) => window),
      settle: (codes) =>
        placed.map(({ window, index, time }, i) => ({
          file: window.recording.file,
          index,
          time,
          id: window.recording.id,
          code: rowOf(codes, i, placed.length),
        })),
    };
  }
}

async function* judgedInstants({ name, chunks }: SeriesFile, detector: Detector): AsyncGenerator<Piece<Judgement>> {
  const { window } = detector;
  const cutter = new WindowCutter(detector, window - 1);
  let means: InstantMeans | undefined;
  /** The instants to judge, as far as they have been read. */
  const range = { start: 0, end: 0 };
  let times: readonly string[] | undefined;
  let timesFrom = 0;
  let length = 0;
  const piece = (windows: readonly CutWindow[], end: number): Piece<Judgement> => ({
    windows,
    settle: (scores) => {
      const judged: Judgement[] = [];
      windows.forEach(({ from }, i) => {
        means!.add(from, scores[i]!);
      });
      for (const { instant, score } of means!.until(end)) {
        if (instant < range.start) continue;
        judged.push({ file: name, index: instant, time: times?.[instant - timesFrom] ?? instant, score });
      }
      times = times?.slice(Math.max(0, end - timesFrom));
      timesFrom = Math.max(timesFrom, end);
      return judged;
    },
  });
  for await (const chunk of chunks) {
    const { first, place, recordings } = chunk;
    const [recording] = recordings as readonly [Recording];
    length = first + recording.length;
    if (place === 'within') {
      if (means === undefined) {
        range.start = first;
        timesFrom = first;
        times = recording.times && [];
        means = new InstantMeans(window, Math.max(0, first - window + 1));
      }
      range.end = length;
      times = recording.times && [...times!, ...recording.times];
    }
    const windows = cutter.push(chunk);
    // If the recording ends here, its last window begins at `length - window` and changes the scores from there on.
    if (means !== undefined) yield piece(windows, Math.min(range.end, length - window));
  }
  if (means === undefined) return;
  checkLength(name, length, window);
  yield piece(cutter.last(), range.end);
}

async function* encodedWindows({ name, chunks }: SeriesFile, detector: Detector): AsyncGenerator<Piece<Encoding>> {
  const { window } = detector;
  const cutter = new WindowCutter(detector);
  let length: number | undefined;
  const piece = (windows: readonly CutWindow[]): Piece<Encoding> => ({
    windows,
    settle: (codes) =>
      windows.map(({ recording, start, from }, i) => ({
        file: name,
        index: from + window - 1,
        time: recording.times?.[start + window - 1] ?? from + window - 1,
        code: rowOf(codes, i, windows.length),
      })),
  });
  for await (const chunk of chunks) {
    if (chunk.place === 'within' || length !== undefined) length = chunk.first + chunk.recordings[0]!.length;
    yield piece(cutter.push(chunk));
  }
  if (length === undefined) return;
  checkLength(name, length, window);
  yield piece(cutter.last());
}

function checkLength(name: string, length: number, window: number): void {
  if (length < window) throw new DataError(`${name} has ${length} instants; the model takes windows of ${window}.`);
}

function rowOf(rows: Float32Array, row: number, count: number): Float32Array {
  const width = rows.length / count;
  return rows.subarray(row * width, (row + 1) * width);
}
