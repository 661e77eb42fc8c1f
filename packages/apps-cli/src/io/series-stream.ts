import {
  DataError,
  dialectOf,
  fillGaps,
  fromTable,
  isWordColumn,
  type Layout,
  type Line,
  numberOf,
  type RecordingSet,
  rolesOf,
  type SeriesOptions,
  SHORTEST,
  splitLine,
  TableReader,
} from '@hourglass/datasets';
import { linesOfStream } from '@hourglass/datasets/node';
import type { Detector } from '@hourglass/experiments';

const NAME = 'standard input';

/**
 * Reads the series or instants of a stream as those of a text file; lines that arrive together are one set. The first
 * lines show the dialect. No window is complete before they have arrived, so waiting for them delays no verdict.
 *
 * @throws DataError, naming the line, for wrong input
 */
export async function* seriesIn(
  input: AsyncIterable<Uint8Array>,
  reading: SeriesOptions,
  detector: Detector,
): AsyncGenerator<RecordingSet> {
  const first: Line[] = [];
  let setOf: ((lines: readonly Line[]) => RecordingSet) | undefined;
  for await (const lines of linesOfStream(input, NAME)) {
    if (setOf !== undefined) {
      if (lines.length > 0) yield setOf(lines);
      continue;
    }
    first.push(...lines);
    if (!isEnough(first, detector.layout)) continue;
    setOf = opened(first, reading, detector);
    yield setOf(first);
  }
  if (setOf === undefined) yield opened(first, reading, detector)(first);
}

/** Whether the first lines show how to read all of them. A series is judged at once unless it may be a header. */
function isEnough(lines: readonly Line[], layout: Layout): boolean {
  if (layout === 'recording') return lines.length >= SHORTEST;
  if (lines.length !== 1) return lines.length > 1;
  const { text } = lines[0]!;
  const { delimiter, decimalComma, header } = dialectOf([text, text]);
  return !header && splitLine(text, delimiter).every((cell) => numberOf(cell, decimalComma) !== undefined);
}

/** A function that reads lines, by the dialect and the columns of the first ones. @throws DataError */
function opened(
  lines: readonly Line[],
  reading: SeriesOptions,
  detector: Detector,
): (lines: readonly Line[]) => RecordingSet {
  const texts = lines.slice(0, SHORTEST).map(({ text }) => text);
  // A single series is repeated below itself, so that the dialect shows its decimal commas.
  const sample = texts.length === 1 && !dialectOf(texts).header ? [texts[0]!, texts[0]!] : texts;
  const own = detector.layout === 'series' || lines.length === 0 ? reading : columnsOf(lines, reading, detector);
  const reader = new TableReader(NAME, sample, isWordColumn(own));
  let roles: ReturnType<typeof rolesOf> | undefined;
  const last: number[] = [];
  return (more) => {
    for (const { text, number } of more) reader.add(text, number);
    const table = reader.take();
    roles ??= rolesOf(table, own);
    if (detector.layout === 'series') return fromTable(table, own, roles);
    const columns = table.columns.map((column, c) => {
      if (!roles!.channels.includes(c) || !(column.values instanceof Float64Array)) return column;
      // The number before a gap may have arrived with earlier lines.
      const earlier = last.slice(c, c + 1);
      const values = Float64Array.from([...earlier, ...column.values]);
      fillGaps(values, own.fill, `${NAME}, column ${column.name}`, (i) => table.rowName(i - earlier.length));
      last[c] = values.at(-1)!;
      return { ...column, values: values.subarray(earlier.length) };
    });
    return fromTable({ ...table, columns }, own, roles);
  };
}

/** How to read instants: by the names in the header; without one, just the channels in their order. */
function columnsOf(lines: readonly Line[], reading: SeriesOptions, { channels, reading: stored }: Detector) {
  const sample = lines.slice(0, SHORTEST).map(({ text }) => text);
  const { delimiter, header } = dialectOf(sample);
  const cells = splitLine(sample[0]!, delimiter);
  const has = (name: string): boolean =>
    (header && cells.includes(name)) || (/^\d+$/.test(name) && Number(name) >= 1 && Number(name) <= cells.length);
  if (reading.columns !== stored.columns) return reading;
  if (!header && cells.length === channels.length)
    return { ...reading, columns: cells.map((_, i) => String(i + 1)), time: undefined };
  if (channels.every(has)) {
    // The run's column of times may be missing.
    const time = reading.time === stored.time && !has(reading.time ?? '') ? undefined : reading.time;
    return { ...reading, columns: channels, time };
  }
  const some = (names: readonly string[]): string => `${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`;
  throw new DataError(
    `${NAME}, line ${lines[0]!.number} ${header ? `names the columns ${some(cells)}` : `has ${cells.length} cells and is not a header`}. The model needs ${some(channels)}: the first line must be the header with these names, or each line must contain only these numbers, in this order.`,
  );
}
