import { DataError } from './dataset.ts';
import { type Line, linesOf } from './series/lines.ts';

/** Rows of numbers read from text. */
export interface NumberTable {
  /** Row-major [rows, columns]. */
  readonly values: Float32Array;
  /** The line number of each row, counted from 1. */
  readonly lines: readonly number[];
}

/** What a text of numbers contains. */
export interface NumberTableFormat {
  /** The text's name in errors. */
  readonly name: string;
  /** Numbers per line. */
  readonly columns: number;
  /** The content of a line, for errors. */
  readonly meaning: string;
  /** Receives a sentence for the user if a line is skipped. */
  readonly notice?: ((message: string) => void) | undefined;
}

/**
 * Reads lines of decimal numbers separated by commas or whitespace, one after the other. Skips a first line that
 * numbers the columns, as pandas writes it.
 */
export class NumberTableReader {
  private readonly format: NumberTableFormat;
  private isFirst = true;
  private values: number[] = [];
  private lines: number[] = [];

  constructor(format: NumberTableFormat) {
    this.format = format;
  }

  /** The number of rows since the last {@link take}. */
  get count(): number {
    return this.lines.length;
  }

  /** Whether a line is the header, which has no row. Call it once for each line, in order. */
  skipHeader({ text, number }: Line): boolean {
    if (!this.isFirst) return false;
    this.isFirst = false;
    const cells = split(text);
    if (!countsColumns(cells)) return false;
    const { name, notice } = this.format;
    notice?.(`${name}, line ${number} numbers the columns from ${cells[0]}: it is skipped as a header.`);
    return true;
  }

  /**
   * Reads a row.
   * @throws DataError, with the line, if it has another number of columns or a cell is not a finite 32-bit number
   */
  add({ text, number: line }: Line): void {
    const { name, columns, meaning } = this.format;
    const cells = split(text);
    if (cells.length === columns + 1 && cells.at(-1) === '') {
      throw new DataError(
        `${name}, line ${line} ends with a comma. Each line must contain ${meaning}, without a comma after the last.`,
      );
    }
    if (cells.length !== columns) {
      throw new DataError(
        `${name}, line ${line} has ${cells.length === 1 ? '1 column' : `${cells.length} columns`} instead of ${columns}. It must contain ${meaning}, separated by commas or whitespace.`,
      );
    }
    cells.forEach((cell, column) => {
      const value = DECIMAL.test(cell.trim()) ? Math.fround(Number(cell)) : Number.NaN;
      if (!Number.isFinite(value)) {
        throw new DataError(
          `${name}, line ${line}, column ${column + 1} is ${quoted(cell)}, not a finite number. Each line must contain ${meaning}, without a header.`,
        );
      }
      this.values.push(value);
    });
    this.lines.push(line);
  }

  /** The rows since the last call. */
  take(): NumberTable {
    const table = { values: Float32Array.from(this.values), lines: this.lines };
    this.values = [];
    this.lines = [];
    return table;
  }
}

/** The error of a text without rows. */
export const emptyTable = ({ name, meaning }: NumberTableFormat): DataError =>
  new DataError(`${name} is empty. Each line must contain ${meaning}.`);

/**
 * Reads a whole text as {@link NumberTableReader} does. Skips blank lines and comments (`#`, `%`).
 *
 * @throws DataError if there are no lines, or one that the reader can't read
 */
export function parseNumberTable(text: string, format: NumberTableFormat): NumberTable {
  const reader = new NumberTableReader(format);
  for (const line of linesOf(text, format.name)) if (!reader.skipHeader(line)) reader.add(line);
  if (reader.count === 0) throw emptyTable(format);
  return reader.take();
}

/**
 * The numbers that spreadsheets, NumPy and pandas write. JavaScript also accepts `0x10` and an empty cell as numbers.
 */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Whether a line is 0, 1, 2 … or 1, 2, 3 …, which never occurs in data such as beats. */
function countsColumns(cells: readonly string[]): boolean {
  const start = Number(cells[0]);
  return (
    cells.length > 2 && (start === 0 || start === 1) && cells.every((cell, i) => cell.trim() === String(start + i))
  );
}

function split(text: string): string[] {
  const line = text.trim();
  return line.split(line.includes(',') ? ',' : /\s+/);
}

function quoted(cell: string): string {
  return JSON.stringify(cell.length > 20 ? `${cell.slice(0, 20)}…` : cell);
}
