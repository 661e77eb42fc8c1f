import { DataError } from '../dataset.ts';
import { type Dialect, dialectOf, isMissing, mostlyNumbers, numberOf, splitLine } from './dialect.ts';
import { LONGEST } from './limits.ts';
import { linesOf } from './lines.ts';
import { type Column, type Table, UNNAMED } from './table.ts';

/** Number of lines used to detect a text's dialect and the types of its columns. */
export const SAMPLE = 100;

/**
 * Reads a table in text: CSV in any dialect, tab-separated values, and numbers separated by spaces. Detects delimiter,
 * decimal comma and header. Skips comments (`#`, `%`) and blank lines.
 *
 * @param name the text's name in errors
 * @param isWord whether to read a column, given by name and by number from 0, as words even if it looks like numbers
 * @throws DataError, with the line, if there are no rows, or rows differ in length or are too long
 */
export function parseDelimited(
  text: string,
  name: string,
  isWord: (name: string, index: number) => boolean = () => false,
): Table {
  const sample: string[] = [];
  for (const { text: line } of linesOf(text, name)) {
    if (sample.push(line) === SAMPLE) break;
  }
  const reader = new TableReader(name, sample, isWord);
  for (const { text: line, number } of linesOf(text, name)) reader.add(line, number);
  return reader.take();
}

/** Largest number of columns besides the numbers of a series. */
const SIDE_COLUMNS = 100;

/** @throws DataError, before the line is processed, if it has more columns than the longest series */
function checkWidth(line: string, name: string): void {
  for (const delimiter of [',', ';', '\t', '|', ' ']) {
    let columns = 1;
    for (let at = line.indexOf(delimiter); at >= 0; at = line.indexOf(delimiter, at + 1)) columns++;
    if (columns <= LONGEST + SIDE_COLUMNS || (delimiter === ' ' && line.split(/\s+/).length <= LONGEST + SIDE_COLUMNS))
      continue;
    throw new DataError(
      `${name} has ${columns} columns, but a series has at most ${LONGEST} numbers. Is it a long recording that is transposed? It must have one row per instant.`,
    );
  }
}

/** Builds tables from lines added one by one, for example from a stream. */
export class TableReader {
  private readonly dialect: Dialect;
  private readonly name: string;
  private readonly names: string[];
  private readonly columns: ColumnReader[];
  private lines: number[] = [];
  private awaitsHeader: boolean;
  /** The number of columns in the tables. */
  private width: number | undefined;

  /**
   * @param sample the first lines
   * @param width the number of columns in the tables; undefined: decided by the first table
   * @throws DataError if there are no lines, or they are too long
   */
  constructor(
    name: string,
    sample: readonly string[],
    isWord: (name: string, index: number) => boolean,
    width?: number,
  ) {
    if (sample.length === 0) throw new DataError(`${name} is empty. Each line must contain the numbers of a row.`);
    checkWidth(sample[0]!, name);
    const dialect = dialectOf(sample);
    this.name = name;
    this.width = width;
    this.dialect = dialect;
    this.awaitsHeader = dialect.header;
    const rows = sample.map((line) => splitLine(line, dialect.delimiter));
    const first = rows[0]!;
    this.names = first.map((cell, i) => (dialect.header && cell !== '' ? cell : String(i + 1)));
    if (dialect.header && first[0] === '') this.names[0] = UNNAMED;
    const body = dialect.header ? rows.slice(1) : rows;
    this.columns = this.names.map((own, i) => {
      const filled = body.map((row) => row[i] ?? '').filter((cell) => !isMissing(cell));
      return !isWord(own, i) && mostlyNumbers(filled, dialect.decimalComma) ? new NumberReader() : new WordReader();
    });
  }

  /** The number of rows added since the last table. */
  get count(): number {
    return this.lines.length;
  }

  /** The number of cells in a line. */
  get cells(): number {
    return this.columns.length;
  }

  /** Whether the next line is the header; it is then skipped. */
  skipHeader(): boolean {
    const isHeader = this.awaitsHeader;
    this.awaitsHeader = false;
    return isHeader;
  }

  /** @throws DataError if the number of cells differs from the first line's */
  add(line: string, number: number): void {
    if (this.skipHeader()) return;
    const { delimiter, decimalComma } = this.dialect;
    const cells = splitLine(line, delimiter);
    if (cells.length !== this.columns.length) {
      const found = cells.length === 1 ? '1 cell' : `${cells.length} cells`;
      throw new DataError(
        `${this.name}, line ${number} has ${found} instead of ${this.columns.length}. All rows of a table must have the same length; leave missing numbers empty.`,
      );
    }
    this.lines.push(number);
    for (let i = 0; i < cells.length; i++) this.columns[i]!.add(cells[i]!, decimalComma);
  }

  /**
   * The rows added since the last table.
   *
   * @throws DataError if there are none
   */
  take(): Table {
    const { name, lines } = this;
    if (lines.length === 0) throw new DataError(`${name} has a header, but no row below it.`);
    this.lines = [];
    const columns = this.columns.map((column, i) => column.take(this.names[i]!));
    // A delimiter at the end of each line creates an empty column.
    const last = columns.at(-1)!;
    const filled = Array.prototype.findIndex.call(last.values, (value) => value !== '' && !Number.isNaN(value));
    this.width ??= columns.length - (columns.length > 1 && /^\d*$/.test(last.name) && filled < 0 ? 1 : 0);
    if (this.width < columns.length && filled >= 0)
      throw new DataError(
        `${name}, line ${lines[filled]} has a number in the last column, which is empty in the lines above.`,
      );
    return {
      name,
      columns: columns.slice(0, this.width),
      count: lines.length,
      rowName: (row) => `line ${lines[row]}`,
    };
  }
}

interface ColumnReader {
  add(cell: string, decimalComma: boolean): void;
  /** The cells added since the last call. */
  take(name: string): Column;
}

class WordReader implements ColumnReader {
  private values: string[] = [];

  add(cell: string): void {
    this.values.push(cell);
  }

  take(name: string): Column {
    const { values } = this;
    this.values = [];
    return { name, values };
  }
}

class NumberReader implements ColumnReader {
  private values = new Float64Array(64);
  private count = 0;
  private fault: Column['fault'];

  add(cell: string, decimalComma: boolean): void {
    const value = numberOf(cell, decimalComma);
    if (value === undefined) this.fault ??= { row: this.count, text: cell };
    if (this.count === this.values.length) {
      const larger = new Float64Array(2 * this.count);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.count++] = value ?? Number.NaN;
  }

  take(name: string): Column {
    const column = { name, values: this.values.slice(0, this.count), fault: this.fault };
    this.count = 0;
    this.fault = undefined;
    return column;
  }
}
