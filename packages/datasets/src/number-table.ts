import { DataError } from './dataset.ts';

/** Rows of numbers, read from text. */
export interface NumberTable {
  /** Row-major [rows, columns]. */
  readonly values: Float32Array;
  /** The line of each row, counted from 1. */
  readonly lines: readonly number[];
}

/**
 * Reads lines of decimal numbers, separated by commas or whitespace. Blank lines do not count, nor does a first line that counts the
 * columns, as pandas writes it.
 *
 * @param name how to call the text in errors
 * @param columns numbers in a line
 * @param meaning what they are, for errors
 * @param notice hears, in a sentence for the user, that a line was skipped
 * @throws DataError if there is no line, if one has more or fewer columns, or if something is not a finite 32-bit number
 */
export function parseNumberTable(
  text: string,
  name: string,
  columns: number,
  meaning: string,
  notice: (message: string) => void = () => {},
): NumberTable {
  const rows = text
    .split(/\r\n?|\n/)
    .map((line, i) => ({ cells: split(line.trim()), line: i + 1 }))
    .filter(({ cells }) => cells.length > 0);
  const [first] = rows;
  if (first !== undefined && countsColumns(first.cells)) {
    rows.shift();
    notice(`${name}, line ${first.line} counts the columns from ${first.cells[0]} on: it is taken for a header.`);
  }
  if (rows.length === 0) throw new DataError(`${name} is empty. Each line should hold ${meaning}.`);
  const values = new Float32Array(rows.length * columns);
  rows.forEach(({ cells, line }, row) => {
    if (cells.length === columns + 1 && cells.at(-1) === '') {
      throw new DataError(
        `${name}, line ${line} ends with a comma. Each line should hold ${meaning}, and no comma after the last.`,
      );
    }
    if (cells.length !== columns) {
      throw new DataError(
        `${name}, line ${line} has ${cells.length === 1 ? '1 column' : `${cells.length} columns`} instead of ${columns}. It should hold ${meaning}, separated by commas or whitespace.`,
      );
    }
    cells.forEach((cell, column) => {
      const value = DECIMAL.test(cell.trim()) ? Math.fround(Number(cell)) : Number.NaN;
      if (!Number.isFinite(value)) {
        throw new DataError(
          `${name}, line ${line}, column ${column + 1} is ${quoted(cell)}, not a finite number. Each line should hold ${meaning}; there is no header.`,
        );
      }
      values[row * columns + column] = value;
    });
  });
  return { values, lines: rows.map(({ line }) => line) };
}

/** What spreadsheets, NumPy and pandas write; JavaScript itself also takes `0x10` and an empty cell for numbers. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Whether a line is 0, 1, 2 … or 1, 2, 3 …: of data, as of a beat, nobody has such. */
function countsColumns(cells: readonly string[]): boolean {
  const start = Number(cells[0]);
  return (
    cells.length > 2 && (start === 0 || start === 1) && cells.every((cell, i) => cell.trim() === String(start + i))
  );
}

function split(line: string): string[] {
  if (line === '') return [];
  return line.split(line.includes(',') ? ',' : /\s+/);
}

function quoted(cell: string): string {
  return JSON.stringify(cell.length > 20 ? `${cell.slice(0, 20)}…` : cell);
}
