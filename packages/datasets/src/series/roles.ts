import { DataError } from '../dataset.ts';
import { isMissing, isWord } from './dialect.ts';
import type { Fill } from './gaps.ts';
import { SHORTEST } from './limits.ts';
import type { Layout } from './recording.ts';
import { type Column, isNumeric, quoted, type Table, textAt } from './table.ts';

/** The user's description of a table's columns. Columns are given by name, or by number from 1. */
export interface SeriesOptions {
  /** Whether a row is a series or an instant of a recording; undefined: detected from the table. */
  readonly layout?: Layout | undefined;
  /** The channels; undefined: all columns of numbers without another role. */
  readonly columns?: readonly string[] | undefined;
  /** The column of time stamps. */
  readonly time?: string | undefined;
  /** The column that identifies the series of an instant, if a file contains several series below each other. */
  readonly id?: string | undefined;
  /** The column of labels. */
  readonly label?: string | undefined;
  /** The label of normal rows. */
  readonly normal?: string | undefined;
  readonly fill?: Fill | undefined;
  /** The length of a series in a row. If rows are no longer than this, the column of labels may be absent. */
  readonly length?: number | undefined;
}

const UNIT = '([nmuµ]?s|sec|seconds|min|minutes|h|hours|utc)';
const TIMES = '(date|datum|zeit|zeitstempel|uhrzeit|(date[ _/-]?)?time(s|[ _-]?stamps?)?)';
/** Names of columns that contain times, perhaps with a unit: `timestamp_ms`, `Zeit [s]`. */
const TIME = new RegExp(`^(t|ds|utc|${TIMES}([ _-]${UNIT})?)( ?[[(]${UNIT}[\\])])?$`, 'i');
/** A date, with a time or without: 2026-01-31, 2026/1/31 or 31.01.2026. */
const DATE = /^(\d{4}([-/.])\d{1,2}\2\d{1,2}|\d{1,2}([./])\d{1,2}\3\d{4})([T ,].*)?$/;

/** What pandas and DuckDB call a first column without a name. */
const NO_NAME = /^(Unnamed: 0|column0+)$/;

/** The column with this name or number. @throws DataError if there is none */
function find(table: Table, wanted: string, flag: string): Column {
  const { columns, name } = table;
  const byName = columns.filter((column) => column.name === wanted);
  if (byName.length > 1)
    throw new DataError(`${name} has ${byName.length} columns named ${quoted(wanted)}. Give ${flag} as a number.`);
  const column = byName[0] ?? (/^\d+$/.test(wanted) ? columns[Number(wanted) - 1] : undefined);
  if (column !== undefined) return column;
  const names = columns
    .slice(0, 8)
    .map((own) => own.name)
    .join(', ');
  throw new DataError(
    `${name} has no column ${quoted(wanted)} for ${flag}. It has ${columns.length}: ${names}${columns.length > 8 ? ', …' : ''}. Give a column by name, or by number from 1.`,
  );
}

/** Whether an option refers to this column of a text, so that it is read as words. */
export const isWordColumn =
  ({ time, id, label }: SeriesOptions) =>
  (name: string, index: number): boolean =>
    [time, id, label].some((wanted) => wanted === name || wanted === String(index + 1));

/** The columns of a table by purpose, as positions, and its layout. */
export interface Roles {
  readonly label: number | undefined;
  readonly id: number | undefined;
  readonly time: number | undefined;
  readonly channels: readonly number[];
  /** Whether each row is a series. Otherwise it is an instant. */
  readonly asRows: boolean;
  /** Sentences about the choices made for the user. */
  readonly notes: readonly string[];
}

/** @throws DataError if the table does not fit the options */
export function rolesOf(table: Table, options: SeriesOptions): Roles {
  const index = options.columns === undefined ? indexOf(table) : undefined;
  const [list] = table.columns.flatMap((column) => column.list ?? []);
  // The lists of other channels and an index do not make a series longer.
  const width = table.columns.filter((column) => column !== index && (column.list ?? list) === list).length;
  const label = labelOf(table, options, width);
  const id = options.id === undefined ? undefined : find(table, options.id, '--id');
  const others = table.columns.filter((column) => ![label, id, index].includes(column));
  const time = options.time === undefined ? timeOf(others, options) : find(table, options.time, '--time');
  const channels =
    options.columns?.flatMap((wanted) => {
      const numbers = table.columns.filter((column) => column.list === wanted);
      return numbers.length > 0 ? numbers : [find(table, wanted, '--columns')];
    }) ??
    others.filter(
      (column) => column !== time && isNumeric(column) && (list === undefined || column.list !== undefined),
    );
  if (channels.length === 0) {
    const besides = others.length < table.columns.length ? ' besides the named ones' : '';
    throw new DataError(
      `${table.name} has no column of numbers${besides}.${almostNumber(
        table,
        others.filter((column) => column !== time),
      )}`,
    );
  }
  const asInstants =
    !channels.some((column) => column.list !== undefined) &&
    (time !== undefined || options.columns !== undefined || channels.length < SHORTEST);
  const positions = new Map(table.columns.map((column, i) => [column, i]));
  const position = (column: Column | undefined): number | undefined => column && positions.get(column);
  return {
    label: position(label),
    id: position(id),
    time: position(time),
    channels: channels.map((column) => positions.get(column)!),
    asRows: id === undefined && (options.layout ?? (asInstants ? 'recording' : 'series')) === 'series',
    notes:
      index === undefined || [label, id, time].includes(index)
        ? []
        : [`${table.name}: the first column has no name and numbers the rows, so it is left out.`],
  };
}

/** A sentence about the first cell that has digits, but is not a number. */
function almostNumber(table: Table, columns: readonly Column[]): string {
  for (const column of columns) {
    if (column.values instanceof Float64Array) continue;
    const row = column.values.findIndex((cell) => /^\W*\d/.test(cell) && isWord(cell));
    if (row >= 0)
      return ` In ${table.rowName(row)}, column ${column.name} contains ${quoted(textAt(column, row))}; numbers have neither units nor separators of thousands.`;
  }
  return '';
}

/** The index that pandas writes into a first column without a name: whole numbers that never repeat. */
function indexOf({ columns: [first, ...others], count }: Table): Column | undefined {
  if (first === undefined || !NO_NAME.test(first.name) || !isNumeric(first)) return undefined;
  if (others.every(({ name }) => /^column\d+$/.test(name))) return undefined;
  const isIndex = first.values.every((value) => Number.isInteger(value)) && new Set(first.values).size === count;
  return isIndex ? first : undefined;
}

/**
 * The column of labels. For series of known length, only if rows are longer than the series.
 * @param width the number of columns
 * @throws DataError if the normal label is given without the column of labels
 */
function labelOf(table: Table, { label, length, normal }: SeriesOptions, width: number): Column | undefined {
  if (label === undefined && length === undefined && normal !== undefined)
    throw new DataError(`${table.name}: --normal ${normal} is a label. Say with --label which column contains it.`);
  if (label === undefined) return undefined;
  if (length !== undefined && width <= length) return undefined;
  return find(table, label, '--label');
}

/**
 * The first column with the name of a time or, failing that, the first column of dates. Chosen channels are not
 * considered.
 */
function timeOf(columns: readonly Column[], { columns: channels = [] }: SeriesOptions): Column | undefined {
  const others = columns.filter(({ name }) => !channels.includes(name));
  return others.find(({ name }) => TIME.test(name)) ?? others.find(areDates);
}

/** Whether all cells are dates or missing, and not all are missing. */
function areDates({ values }: Column): boolean {
  if (values instanceof Float64Array) return false;
  const filled = values.filter((cell) => !isMissing(cell));
  return filled.length > 0 && filled.every((cell) => DATE.test(cell));
}
