/** The layout of a table in text. */
export interface Dialect {
  /** The separator of two cells; `' '` means any amount of whitespace. */
  readonly delimiter: string;
  readonly decimalComma: boolean;
  /** Whether the first row names the columns. */
  readonly header: boolean;
}

/**
 * The possible delimiters, in the order they are tried: numbers may contain commas, and time stamps may contain spaces.
 */
const DELIMITERS = ['\t', ';', '|', ',', ' '];
/** Words that programs write where a number is missing. */
const MISSING = /^(|-|\?|na|n\/a|nan|null|none|#n\/a)$/i;
/**
 * The numbers that spreadsheets, NumPy and pandas write. JavaScript also accepts `0x10` and an empty cell as numbers.
 */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const DECIMAL_COMMA = /^[+-]?(\d+,?\d*|,\d+)(e[+-]?\d+)?$/i;
/** Words for 1 and 0 in a column of numbers. */
const TRUTH: ReadonlyMap<string, number> = new Map([
  ['true', 1],
  ['false', 0],
]);

export const isMissing = (cell: string): boolean => MISSING.test(cell);

/** A cell as a number; NaN if it is missing, undefined if it is anything else, including infinity. */
export function numberOf(cell: string, decimalComma: boolean): number | undefined {
  if (decimalComma && DECIMAL_COMMA.test(cell)) return finite(Number(cell.replace(',', '.')));
  if (DECIMAL.test(cell)) return finite(Number(cell));
  return isMissing(cell) ? Number.NaN : TRUTH.get(cell.toLowerCase());
}

export const isWord = (cell: string): boolean => numberOf(cell, false) === undefined;

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

/** Whether a column is numeric: at least half of `cells`, none of which is missing, are numbers. */
export const mostlyNumbers = (cells: readonly string[], decimalComma: boolean): boolean =>
  cells.filter((cell) => numberOf(cell, decimalComma) !== undefined).length >= cells.length / 2;

/** The cells of a line. Quotation marks in quoted cells are doubled. */
export function splitLine(line: string, delimiter: string): string[] {
  if (!line.includes('"')) {
    const cells = delimiter === ' ' ? line.trim().split(/\s+/) : line.split(delimiter);
    return cells.map((cell) => cell.trim());
  }
  const cells: string[] = [];
  let cell = '';
  let inQuotes = false;
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!;
    if (character === '"') {
      if (inQuotes && line[i + 1] === '"') cell += line[++i]!;
      else inQuotes = !inQuotes;
    } else if (!inQuotes && (delimiter === ' ' ? /\s/.test(character) : character === delimiter)) {
      if (delimiter !== ' ' || cell !== '') cells.push(cell.trim());
      cell = '';
    } else cell += character;
  }
  cells.push(cell.trim());
  return cells;
}

/** Detects the dialect from the first lines of a text. */
export function dialectOf(lines: readonly string[]): Dialect {
  const delimiter = delimiterOf(lines);
  const rows = lines.map((line) => splitLine(line, delimiter));
  const below = rows.slice(1).flat();
  // The first decimal comma may come late: the first rows may be integers.
  const decimalComma = delimiter !== ',' && !below.some(isPointed);
  return { delimiter, decimalComma, header: namesColumns(rows, decimalComma) };
}

const isPointed = (cell: string): boolean => cell.includes('.') && DECIMAL.test(cell);

/** The delimiter for which most lines have the same number of cells, and more than one. */
function delimiterOf(lines: readonly string[]): string {
  let best = { delimiter: ',', share: 0 };
  for (const delimiter of DELIMITERS) {
    const counts = new Map<number, number>();
    for (const line of lines) {
      const { length } = splitLine(line, delimiter);
      counts.set(length, (counts.get(length) ?? 0) + 1);
    }
    const [cells, times] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), [0, 0]);
    const share = times / lines.length;
    if (cells > 1 && share > best.share + 0.1) best = { delimiter, share };
  }
  return best.delimiter;
}

/**
 * Whether the first row names columns of numbers, or numbers all columns, as pandas writes it. The column of pandas'
 * index has no name.
 */
function namesColumns([first, ...rest]: readonly (readonly string[])[], decimalComma: boolean): boolean {
  if (first === undefined || rest.length === 0)
    return first?.every((cell) => numberOf(cell, decimalComma) === undefined) ?? false;
  const numeric = (column: number): boolean => {
    const filled = rest.map((row) => row[column] ?? '').filter((cell) => !isMissing(cell));
    return filled.length > 0 && mostlyNumbers(filled, decimalComma);
  };
  const named = first.some((cell, i) => !isMissing(cell) && numberOf(cell, decimalComma) === undefined && numeric(i));
  const numbered = first[0] === '' ? first.slice(1) : first;
  const start = Number(numbered[0]);
  const counted =
    numbered.length > 2 && (start === 0 || start === 1) && numbered.every((cell, i) => cell === String(start + i));
  return named || counted;
}
