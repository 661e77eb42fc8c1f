/** Columns as a file holds them, all of one length. */
export interface Table {
  /** What errors call the file. */
  readonly name: string;
  readonly columns: readonly Column[];
  readonly count: number;
  /** What errors call a row, counted from 0: `line 7`. */
  readonly rowName: (row: number) => string;
}

export interface Column {
  readonly name: string;
  /** Numbers, NaN where there is none; or words, '' where there is none. */
  readonly values: Float64Array | readonly string[];
  /** The first cell of a column of numbers that is something else. */
  readonly fault?: { readonly row: number; readonly text: string } | undefined;
}

/** Whether a column holds numbers. */
export const isNumeric = (column: Column): column is Column & { readonly values: Float64Array } =>
  column.values instanceof Float64Array;

/** A cell as text, as labels are compared: numbers without superfluous digits. */
export function textAt({ values }: Column, row: number): string {
  const value = values[row]!;
  return typeof value === 'string' ? value : Number.isNaN(value) ? '' : String(value);
}

/** A cell for an error message, no longer than a line. */
export const quoted = (text: string): string => JSON.stringify(text.length > 20 ? `${text.slice(0, 20)}…` : text);
