import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type Cut, DataError, dialectOf, numberOf, type Recording, splitLine, type Window } from '@hourglass/datasets';
import { type Detector, type Judgement, scoreWindows } from '@hourglass/experiments';
import type { OpenDetector } from '../model/open-detector.ts';

const NAME = 'standard input';
/** The number of windows evaluated at once if lines arrive faster than they can be evaluated one by one. */
const MOST = 128;

/**
 * Evaluates lines as they arrive: each line is a series, or one instant of a recording, whose windows are evaluated as
 * soon as they are complete. The time of a verdict is that of the last instant of its window.
 *
 * @throws DataError, naming the line, for wrong input
 */
export async function watch(
  input: Readable,
  { trained, detector }: OpenDetector,
  tell: (judgements: readonly Omit<Judgement, 'file'>[]) => Promise<void>,
): Promise<void> {
  const { scaling, window, stride, layout } = detector;
  const reader = new LineReader(detector);
  const width = detector.channels.length;
  const cut: Cut = { window, stride };
  const kept: number[] = [];
  let keptFrom = 0;
  let next = 0;
  let waiting: { readonly window: Window; readonly index: number; readonly time: string | number }[] = [];
  const flush = async (): Promise<void> => {
    const due = waiting;
    waiting = [];
    if (due.length === 0) return;
    const scores = await scoreWindows(
      trained,
      due.map((own) => own.window),
      cut,
      scaling,
    );
    await tell(due.map(({ index, time }, i) => ({ index, time, score: scores[i]! })));
  };
  const windowAt = (values: Float32Array, line: number): Window => ({
    recording: standIn(values, `${NAME}, line ${line}`, window),
    start: 0,
  });

  let count = 0;
  // readline returns lines that arrived together without a pause; the loop ends a batch when it would have to wait.
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  let pending = lines.next();
  for (;;) {
    const soon = await Promise.race([
      pending,
      new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
    ]);
    if (soon === undefined || waiting.length >= MOST) await flush();
    const { done, value } = soon ?? (await pending);
    if (done === true) break;
    pending = lines.next();
    const row = reader.read(value);
    if (row === undefined) continue;
    if (layout === 'series') {
      waiting.push({
        window: windowAt(Float32Array.from(row.numbers), reader.line),
        index: count,
        time: row.time ?? count,
      });
      count++;
      continue;
    }
    kept.push(...row.numbers);
    count++;
    if (count - next < window) continue;
    const start = (next - keptFrom) * width;
    const values = Float32Array.from(kept.slice(start, start + window * width));
    waiting.push({ window: windowAt(values, reader.line), index: count - 1, time: row.time ?? count - 1 });
    next += stride;
    const over = Math.min(next, count) - keptFrom;
    kept.splice(0, over * width);
    keptFrom += over;
  }
  await flush();
  if (count === 0)
    throw new DataError(
      `${NAME} is empty. Each line must contain ${layout === 'series' ? `the ${window} numbers of a series` : 'the numbers of an instant'}.`,
    );
  if (layout === 'recording' && count < window)
    throw new DataError(`${NAME} ended after ${count} instants; a window has ${window}.`);
}

const standIn = (values: Float32Array, name: string, length: number): Recording => ({
  name,
  file: NAME,
  length,
  values,
  normal: undefined,
  times: undefined,
});

interface Row {
  readonly numbers: readonly number[];
  readonly time: string | undefined;
}

/** Extracts the numbers that a detector needs from lines of text. The first line may name the columns. */
class LineReader {
  line = 0;
  private readonly detector: Detector;
  private delimiter = ',';
  private decimalComma = false;
  /** The positions of the numbers and of the time. */
  private columns: readonly number[] | undefined;
  private time: number | undefined;
  private width = 0;

  constructor(detector: Detector) {
    this.detector = detector;
  }

  /** @returns undefined for a line without data. @throws DataError for a line that can't be read */
  read(text: string): Row | undefined {
    this.line++;
    const line = this.line === 1 ? text.replace(/^\ufeff/, '') : text;
    if (line.trim() === '' || /^\s*[#%]/.test(line)) return undefined;
    if (this.columns === undefined) {
      const dialect = dialectOf([line]);
      this.delimiter = dialect.delimiter;
      this.decimalComma = dialect.delimiter !== ',' && /\d,\d/.test(line);
    }
    const cells = splitLine(line, this.delimiter);
    if (this.columns === undefined && this.open(cells)) return undefined;
    if (cells.length !== this.width) {
      throw new DataError(`${NAME}, line ${this.line} has ${cells.length} cells instead of ${this.width}.`);
    }
    const numbers = this.columns!.map((column) => {
      const value = numberOf(cells[column]!, this.decimalComma);
      if (value === undefined || Number.isNaN(value))
        throw new DataError(
          `${NAME}, line ${this.line}, column ${column + 1}: ${JSON.stringify(cells[column]!.slice(0, 20))} is not a number.`,
        );
      return value;
    });
    return { numbers, time: this.time === undefined ? undefined : cells[this.time] };
  }

  /** Finds the positions of the numbers from the first line. @returns whether it names the columns */
  private open(cells: readonly string[]): boolean {
    const { layout, window, channels, reading } = this.detector;
    this.width = cells.length;
    const wanted = layout === 'series' ? window : channels.length;
    if (layout === 'series') {
      if (cells.length !== wanted)
        throw new DataError(
          `${NAME}, line ${this.line} has ${cells.length} numbers; the model needs series of ${wanted}.`,
        );
      this.columns = cells.map((_, i) => i);
      return cells.every((cell) => numberOf(cell, this.decimalComma) === undefined);
    }
    const named = channels.map((name) => cells.indexOf(name));
    if (named.every((column) => column >= 0) && numberOf(cells[named[0]!]!, this.decimalComma) === undefined) {
      this.columns = named;
      const time = reading.time ?? cells.find((cell) => /^(time|timestamp|date|datetime)$/i.test(cell));
      this.time = time === undefined || !cells.includes(time) ? undefined : cells.indexOf(time);
      return true;
    }
    if (cells.every((cell) => numberOf(cell, this.decimalComma) === undefined)) {
      throw new DataError(
        `${NAME}, line ${this.line} names the columns ${cells.slice(0, 8).join(', ')}${cells.length > 8 ? ', …' : ''}. The model needs ${channels.slice(0, 8).join(', ')}${channels.length > 8 ? ', …' : ''}.`,
      );
    }
    const byNumber = channels.map((name) => Number(name) - 1);
    if (cells.length === wanted) this.columns = channels.map((_, i) => i);
    else if (byNumber.every((column) => column >= 0 && column < cells.length)) this.columns = byNumber;
    else {
      throw new DataError(
        `${NAME}, line ${this.line} has ${cells.length} cells. It must contain the channels ${channels.slice(0, 8).join(', ')}${channels.length > 8 ? ', …' : ''} in this order, or their names.`,
      );
    }
    return false;
  }
}
