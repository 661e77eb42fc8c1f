import { DataError } from '../dataset.ts';
import { quoted } from './table.ts';

/** A series in a file of series. */
export interface LabelledSeries {
  /** The numbers of each channel, NaN where missing. */
  readonly channels: readonly Float64Array[];
  /** Its class; undefined if the file has none. */
  readonly label: string | undefined;
  /** Its name in errors. */
  readonly name: string;
}

/**
 * Reads a `.ts` file of the UCR and UEA archives (https://www.aeon-toolkit.org, "Data loading"): lines of `@`keywords,
 * then one series per line. Colons separate its channels, commas their numbers, and the class comes last.
 *
 * @param name the text's name in errors
 * @throws DataError, with the line, if the text has another format
 */
export function parseTs(text: string, name: string): LabelledSeries[] {
  const series: LabelledSeries[] = [];
  let labelled = false;
  let body = false;
  text.split(/\r\n?|\n/).forEach((raw, i) => {
    const line = raw.trim().replace(/^\ufeff/, '');
    if (line === '' || line.startsWith('#') || line.startsWith('%')) return;
    const at = `${name}, line ${i + 1}`;
    if (!body) {
      const [keyword = '', value = ''] = line.toLowerCase().split(/\s+/);
      if (keyword === '@timestamps' && value === 'true') {
        throw new DataError(
          `${at}: series with time stamps are not supported in .ts files. Save them as CSV with one row per instant.`,
        );
      }
      if (keyword === '@classlabel') labelled = value === 'true';
      if (!keyword.startsWith('@'))
        throw new DataError(`${at}: before @data, a .ts file must have @keywords, not ${quoted(line)}.`);
      body = keyword === '@data';
      return;
    }
    const parts = line.split(':');
    const label = labelled ? parts.pop()!.trim() : undefined;
    if (parts.length === 0) throw new DataError(`${at} has a class, but no numbers.`);
    const channels = parts.map((part) => Float64Array.from(part.split(','), (cell) => numberAt(cell.trim(), at)));
    const [first] = channels;
    const other = channels.find(({ length }) => length !== first!.length);
    if (other !== undefined) {
      throw new DataError(
        `${at}: its channels have ${first!.length} and ${other.length} numbers; they must have equal length.`,
      );
    }
    series.push({ channels, label, name: at });
  });
  if (series.length === 0) throw new DataError(`${name} has no series: it must have one per line after a line @data.`);
  return series;
}

function numberAt(cell: string, at: string): number {
  if (cell === '?' || cell.toLowerCase() === 'nan') return Number.NaN;
  const value = Number(cell);
  if (cell === '' || !Number.isFinite(value)) throw new DataError(`${at}: ${quoted(cell)} is not a number.`);
  return value;
}
