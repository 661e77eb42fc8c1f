/** The columns of a file, all of the same length. */
export interface Table {
  /** The file's name in errors. */
  readonly name: string;
  readonly columns: readonly Column[];
  readonly count: number;
  /** A row's name in errors, such as `line 7`. Rows count from 0. */
  readonly rowName: (row: number) => string;
}

export interface Column {
  readonly name: string;
  /** Numbers, NaN where missing; or words, '' where missing. */
  readonly values: Float64Array | readonly string[];
  /** The name of the column of lists that the numbers come from. */
  readonly list?: string | undefined;
  /** Whether the numbers are truth values, 1 or 0. */
  readonly isTruth?: boolean | undefined;
  /** In a column of numbers, the first cell that is not a number. */
  readonly fault?: { readonly row: number; readonly text: string } | undefined;
}

/** Whether a column contains numbers. */
export const isNumeric = (column: Column): column is Column & { readonly values: Float64Array } =>
  column.values instanceof Float64Array;

/** What pandas calls a first column without a name. */
export const UNNAMED = 'Unnamed: 0';

/** A cell as text, for comparing labels: numbers have no superfluous digits. */
export function textAt({ values, isTruth }: Column, row: number): string {
  const value = values[row]!;
  if (typeof value === 'string') return value;
  return Number.isNaN(value) ? '' : String(isTruth ? value === 1 : value);
}

/** A cell for an error message, shortened if it is long. */
export const quoted = (text: string): string => JSON.stringify(text.length > 20 ? `${text.slice(0, 20)}…` : text);
