import { DataError } from '../dataset.ts';
import { type Dialect, dialectOf, isMissing, numberOf, splitLine } from './dialect.ts';
import { LONGEST } from './limits.ts';
import type { Column, Table } from './table.ts';

/** Number of lines used to detect a text's dialect and the types of its columns. */
const SAMPLE = 100;
/** Largest number of characters in a line. */
const LONGEST_LINE = 2 ** 25;

/** The cells of a line, and its number. */
interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

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
  if (sample.length === 0) throw new DataError(`${name} is empty. Each line must contain the numbers of a row.`);
  checkWidth(sample[0]!, name);
  const reader = new TableReader(name, dialectOf(sample), sample, isWord);
  for (const { text: line, number } of linesOf(text, name)) reader.add(line, number);
  return reader.table();
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

/** The lines that are not skipped, numbered from 1. A quoted cell may continue in the next line. */
function* linesOf(text: string, name: string): Generator<{ readonly text: string; readonly number: number }> {
  let number = 0;
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let open = '';
  let openedAt = 0;
  while (start < text.length) {
    let end = start;
    while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end++;
    number++;
    if (end - start > LONGEST_LINE) {
      throw new DataError(
        `${name}, line ${number} has ${end - start} characters; at most ${LONGEST_LINE} are supported.`,
      );
    }
    const line = open + text.slice(start, end);
    start = text[end] === '\r' && text[end + 1] === '\n' ? end + 2 : end + 1;
    if (line.includes('"') && line.split('"').length % 2 === 0) {
      if (open === '') openedAt = number;
      open = `${line}\n`;
      if (open.length > LONGEST_LINE || start >= text.length) {
        throw new DataError(`${name}, line ${openedAt} opens a quotation mark that is never closed.`);
      }
      continue;
    }
    open = '';
    if (line.trim() !== '' && !/^\s*[#%]/.test(line)) yield { text: line, number };
  }
}

/** Builds a table from lines added one by one, for example from a stream. */
export class TableReader {
  readonly dialect: Dialect;
  private readonly name: string;
  private readonly names: readonly string[];
  private readonly columns: ColumnReader[];
  private readonly lines: number[] = [];
  private awaitsHeader: boolean;

  /** @param sample the first lines */
  constructor(
    name: string,
    dialect: Dialect,
    sample: readonly string[],
    isWord: (name: string, index: number) => boolean,
  ) {
    this.name = name;
    this.dialect = dialect;
    this.awaitsHeader = dialect.header;
    const rows = sample.map((line) => splitLine(line, dialect.delimiter));
    const first = rows[0]!;
    this.names = first.map((cell, i) => (dialect.header && cell !== '' ? cell : String(i + 1)));
    const body = dialect.header ? rows.slice(1) : rows;
    this.columns = this.names.map((own, i) => {
      const filled = body.map((row) => row[i] ?? '').filter((cell) => !isMissing(cell));
      const numbers = filled.filter((cell) => numberOf(cell, dialect.decimalComma) !== undefined);
      return !isWord(own, i) && numbers.length >= filled.length / 2 ? new NumberReader() : new WordReader();
    });
  }

  /** @throws DataError if the number of cells differs from the first line's */
  add(line: string, number: number): void {
    const { delimiter, decimalComma } = this.dialect;
    if (this.awaitsHeader) {
      this.awaitsHeader = false;
      return;
    }
    const row: Row = { cells: splitLine(line, delimiter), line: number };
    if (row.cells.length !== this.columns.length) {
      const cells = row.cells.length === 1 ? '1 cell' : `${row.cells.length} cells`;
      throw new DataError(
        `${this.name}, line ${number} has ${cells} instead of ${this.columns.length}. All rows of a table must have the same length; leave missing numbers empty.`,
      );
    }
    this.lines.push(number);
    for (let i = 0; i < row.cells.length; i++) this.columns[i]!.add(row.cells[i]!, decimalComma);
  }

  table(): Table {
    const { name, lines } = this;
    if (lines.length === 0) throw new DataError(`${name} has a header, but no row below it.`);
    const columns = this.columns.map((column, i) => column.column(this.names[i]!));
    // A delimiter at the end of each line creates an empty column.
    const last = columns.at(-1)!;
    const surplus =
      columns.length > 1 &&
      /^\d*$/.test(last.name) &&
      Array.prototype.every.call(last.values, (value) => value === '' || Number.isNaN(value));
    return {
      name,
      columns: surplus ? columns.slice(0, -1) : columns,
      count: lines.length,
      rowName: (row) => `line ${lines[row]}`,
    };
  }
}

interface ColumnReader {
  add(cell: string, decimalComma: boolean): void;
  column(name: string): Column;
}

class WordReader implements ColumnReader {
  private readonly values: string[] = [];

  add(cell: string): void {
    this.values.push(cell);
  }

  column(name: string): Column {
    return { name, values: this.values };
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

  column(name: string): Column {
    return { name, values: this.values.slice(0, this.count), fault: this.fault };
  }
}
