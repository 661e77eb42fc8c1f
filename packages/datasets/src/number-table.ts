import { DataError } from './dataset.ts';

/** Rows of numbers read from text. */
export interface NumberTable {
  /** Row-major [rows, columns]. */
  readonly values: Float32Array;
  /** The line number of each row, counted from 1. */
  readonly lines: readonly number[];
}

/**
 * Reads lines of decimal numbers separated by commas or whitespace. Skips blank lines, and a first line that numbers
 * the columns, as pandas writes it.
 *
 * @param name the text's name in errors
 * @param columns numbers per line
 * @param meaning the content of a line, for errors
 * @param notice receives a sentence for the user if a line is skipped
 * @throws DataError if there are no lines, if one has another number of columns, or if a cell is not a finite 32-bit
 *   number
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
    notice(`${name}, line ${first.line} numbers the columns from ${first.cells[0]}: it is skipped as a header.`);
  }
  if (rows.length === 0) throw new DataError(`${name} is empty. Each line must contain ${meaning}.`);
  const values = new Float32Array(rows.length * columns);
  rows.forEach(({ cells, line }, row) => {
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
      values[row * columns + column] = value;
    });
  });
  return { values, lines: rows.map(({ line }) => line) };
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

function split(line: string): string[] {
  if (line === '') return [];
  return line.split(line.includes(',') ? ',' : /\s+/);
}

function quoted(cell: string): string {
  return JSON.stringify(cell.length > 20 ? `${cell.slice(0, 20)}…` : cell);
}
