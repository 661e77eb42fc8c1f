import { DataError } from '../dataset.ts';
import { numberOf } from './dialect.ts';
import { type Fill, fillGaps } from './gaps.ts';
import { LONGEST, SHORTEST } from './limits.ts';
import type { Layout, Recording, RecordingSet } from './recording.ts';
import { type Column, isNumeric, quoted, type Table, textAt } from './table.ts';
import type { LabelledSeries } from './ts-file.ts';

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

/** Names of columns that contain times. */
const TIMES = /^(time|times|timestamp|timestamps|date|datetime|t|ds)$/i;
/** A date, with a time or without. */
const DATE = /^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}/;

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
}

/** @throws DataError if the table does not fit the options */
export function rolesOf(table: Table, options: SeriesOptions): Roles {
  const label = labelOf(table, options);
  const id = options.id === undefined ? undefined : find(table, options.id, '--id');
  const others = table.columns.filter((column) => column !== label && column !== id);
  const time = options.time === undefined ? others.find(looksLikeTime) : find(table, options.time, '--time');
  const channels =
    options.columns?.map((wanted) => find(table, wanted, '--columns')) ??
    others.filter((column) => column !== time && isNumeric(column));
  if (channels.length === 0) {
    throw new DataError(
      `${table.name} has no column of numbers${others.length < table.columns.length ? ' besides the named ones' : ''}.`,
    );
  }
  const asInstants = time !== undefined || options.columns !== undefined || channels.length < SHORTEST;
  const positions = new Map(table.columns.map((column, i) => [column, i]));
  const position = (column: Column | undefined): number | undefined => column && positions.get(column);
  return {
    label: position(label),
    id: position(id),
    time: position(time),
    channels: channels.map((column) => positions.get(column)!),
    asRows: id === undefined && (options.layout ?? (asInstants ? 'recording' : 'series')) === 'series',
  };
}

/**
 * The recordings in a table with one series per row or one instant per row.
 *
 * @param roles default: found by the options. A part of a table has the roles of the whole
 * @throws DataError if the table does not fit the options, has text among numbers, or has gaps and `fill` is not given
 */
export function fromTable(table: Table, options: SeriesOptions, roles = rolesOf(table, options)): RecordingSet {
  const column = (position: number | undefined): Column | undefined =>
    position === undefined ? undefined : table.columns[position];
  const channels = roles.channels.map((position) => table.columns[position]!);
  const words = channels.find((own) => !isNumeric(own));
  if (words !== undefined) {
    const row = Math.max(0, Array.prototype.findIndex.call(words.values, isWord));
    throw new DataError(
      `${table.name}, ${table.rowName(row)}: column ${words.name} contains ${quoted(textAt(words, row))}, not numbers. Choose columns of numbers with --columns.`,
    );
  }
  for (const { name, fault } of channels) {
    if (fault === undefined) continue;
    throw new DataError(
      `${table.name}, ${table.rowName(fault.row)}, column ${name}: ${quoted(fault.text)} is not a number, unlike the other cells in this column. Correct it, leave it empty, or choose other columns with --columns.`,
    );
  }
  const numbers = channels as readonly (Column & { readonly values: Float64Array })[];
  const label = column(roles.label);
  const normal = label && normality(table, label, options.normal);
  if (roles.asRows) return rows(table, numbers, normal, options.fill);
  return instants(table, { channels: numbers, time: column(roles.time), id: column(roles.id), normal }, options);
}

const isWord = (cell: string): boolean => numberOf(cell, false) === undefined;

/**
 * The column of labels. For series of known length, only if rows are longer than the series.
 * @throws DataError if a value is given without its column
 */
function labelOf(table: Table, { label, length, normal }: SeriesOptions): Column | undefined {
  if (label === undefined && length === undefined && normal !== undefined)
    throw new DataError(`${table.name}: --normal ${normal} is a label. Say with --label which column contains it.`);
  if (label === undefined) return undefined;
  if (length !== undefined && table.columns.length <= length) return undefined;
  return find(table, label, '--label');
}

const looksLikeTime = (column: Column): boolean =>
  TIMES.test(column.name) || (!isNumeric(column) && DATE.test(column.values[0] as string));

/** @throws DataError unless some rows are normal */
function normality(table: Table, label: Column, wanted: string | undefined): Uint8Array {
  const counts = new Map<string, number>();
  for (let i = 0; i < table.count; i++) {
    const text = textAt(label, i);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return normalRows({ name: table.name, label: label.name, counts, wanted }, (row) => textAt(label, row), table.count);
}

interface Labels {
  readonly name: string;
  readonly label: string;
  readonly counts: ReadonlyMap<string, number>;
  readonly wanted: string | undefined;
}

function normalRows(
  { name, label, counts, wanted }: Labels,
  textOf: (row: number) => string,
  count: number,
): Uint8Array {
  const values = [...counts].sort((a, b) => b[1] - a[1]);
  const found = `${values
    .slice(0, 6)
    .map(([value, times]) => `${value === '' ? '(empty)' : value} (${times} times)`)
    .join(', ')}${values.length > 6 ? ', …' : ''}`;
  if (wanted === undefined)
    throw new DataError(`${name}: say with --normal which value of ${label} is normal. It contains ${found}.`);
  const same = (text: string): boolean =>
    text === wanted || (text !== '' && wanted !== '' && Number(text) === Number(wanted));
  return Uint8Array.from({ length: count }, (_, row) => (same(textOf(row)) ? 1 : 0));
}

type Numbers = Column & { readonly values: Float64Array };

function rows(
  table: Table,
  columns: readonly Numbers[],
  normal: Uint8Array | undefined,
  fill: Fill | undefined,
): RecordingSet {
  const length = columns.length;
  checkLength(length, table.name);
  const recordings = Array.from({ length: table.count }, (_, row): Recording => {
    const name = `${table.name}, ${table.rowName(row)}`;
    const values = Float64Array.from(columns, (column) => column.values[row]!);
    fillGaps(values, fill, name, (i) => `column ${columns[i]!.name}`);
    return {
      name,
      file: table.name,
      length,
      values: Float32Array.from(values),
      normal: normal && new Uint8Array(length).fill(normal[row]!),
      times: undefined,
    };
  });
  return { layout: 'series', channels: ['value'], recordings, fromColumns: false };
}

interface Parts {
  readonly channels: readonly Numbers[];
  readonly time: Column | undefined;
  readonly id: Column | undefined;
  readonly normal: Uint8Array | undefined;
}

/** The recordings in a table with one instant per row: one recording, or one for each id. */
function instants(table: Table, { channels, time, id, normal }: Parts, { fill, layout }: SeriesOptions): RecordingSet {
  const groups = new Map<string, number[]>();
  for (let row = 0; row < table.count; row++) {
    const own = id === undefined ? '' : textAt(id, row);
    const group = groups.get(own);
    if (group === undefined) groups.set(own, [row]);
    else group.push(row);
  }
  const width = channels.length;
  const recordings = [...groups].map(([own, members]): Recording => {
    const name = id === undefined ? table.name : `${table.name}, ${id.name} ${own}`;
    const values = new Float32Array(members.length * width);
    channels.forEach((channel, c) => {
      const column = Float64Array.from(members, (row) => channel.values[row]!);
      fillGaps(column, fill, `${name}, column ${channel.name}`, (i) => table.rowName(members[i]!));
      column.forEach((value, i) => {
        values[i * width + c] = value;
      });
    });
    return {
      name,
      file: table.name,
      length: members.length,
      values,
      normal: normal && Uint8Array.from(members, (row) => normal[row]!),
      times: time && members.map((row) => textAt(time, row)),
    };
  });
  const [first] = recordings;
  const alike = id !== undefined && recordings.every(({ length }) => length === first!.length);
  return {
    layout: layout ?? (alike ? 'series' : 'recording'),
    channels: channels.map(({ name }) => name),
    recordings,
    fromColumns: true,
  };
}

/**
 * The series of a file with an explicit series format.
 *
 * @param options only `label`, `normal` and `fill` matter
 * @throws DataError if the series differ in channels or have gaps and `fill` is not given
 */
export function fromSeries(
  series: readonly LabelledSeries[],
  file: string,
  { label, normal, fill }: SeriesOptions,
): RecordingSet {
  const [first] = series as readonly [LabelledSeries];
  const width = first.channels.length;
  const counts = new Map<string, number>();
  for (const { label = '' } of series) counts.set(label, (counts.get(label) ?? 0) + 1);
  const wanted = label !== undefined || normal !== undefined;
  if (wanted && first.label === undefined) throw new DataError(`${file} has no classes, so --normal can't select one.`);
  const isNormal = wanted
    ? normalRows(
        { name: file, label: 'the class', counts, wanted: normal },
        (row) => series[row]!.label!,
        series.length,
      )
    : undefined;
  const recordings = series.map(({ channels, name }, i): Recording => {
    const { length } = channels[0]!;
    if (channels.length !== width) {
      throw new DataError(
        `${name} has ${channels.length} channels, but the first series has ${width}. All must have the same number.`,
      );
    }
    const values = new Float32Array(length * width);
    channels.forEach((channel, c) => {
      const own = channel.slice();
      fillGaps(own, fill, width === 1 ? name : `${name}, channel ${c + 1}`, (at) => `number ${at + 1}`);
      own.forEach((value, t) => {
        values[t * width + c] = value;
      });
    });
    const label = isNormal && new Uint8Array(length).fill(isNormal[i]!);
    return { name, file, length, values, normal: label, times: undefined };
  });
  const alike = recordings.every(({ length }) => length === recordings[0]!.length);
  if (alike) checkLength(recordings[0]!.length, file);
  const channels = width === 1 ? ['value'] : Array.from({ length: width }, (_, c) => String(c + 1));
  return { layout: alike ? 'series' : 'recording', channels, recordings, fromColumns: false };
}

function checkLength(length: number, name: string): void {
  if (length >= SHORTEST && length <= LONGEST) return;
  throw new DataError(`${name}: a series must have ${SHORTEST} to ${LONGEST} numbers, not ${length}.`);
}

/** Joins the sets of several files. @throws DataError if their channels or lengths differ */
export function joinRecordings(sets: readonly RecordingSet[]): RecordingSet {
  const [first, ...others] = sets as [RecordingSet, ...RecordingSet[]];
  const fileOf = ({ recordings }: RecordingSet): string => recordings[0]!.file;
  for (const set of others) {
    if (set.channels.length !== first.channels.length || set.layout !== first.layout) {
      const says = ({ layout, channels }: RecordingSet): string =>
        `${layout === 'series' ? 'series' : 'a recording'} with ${channels.length === 1 ? '1 channel' : `${channels.length} channels`}`;
      throw new DataError(
        `${fileOf(first)} contains ${says(first)}, but ${fileOf(set)} contains ${says(set)}. Files that are read together must have the same form.`,
      );
    }
  }
  const recordings = sets.flatMap((set) => set.recordings);
  if (first.layout === 'series') {
    const odd = recordings.find(({ length }) => length !== recordings[0]!.length);
    if (odd !== undefined) {
      throw new DataError(
        `${odd.name} has ${odd.length} numbers, but ${recordings[0]!.name} has ${recordings[0]!.length}. Series must have equal length; --window cuts windows from series of any length.`,
      );
    }
  }
  const labelled = recordings.filter(({ normal }) => normal !== undefined).length;
  if (labelled > 0 && labelled < recordings.length)
    throw new DataError(`Only ${labelled} of ${recordings.length} series have labels.`);
  return { ...first, recordings };
}
