import { DataError } from '../dataset.ts';
import { isWord, numberOf } from './dialect.ts';
import { type Fill, fillGaps } from './gaps.ts';
import { LONGEST, SHORTEST } from './limits.ts';
import { checkOrder } from './order.ts';
import { type Counts, listCounts, type Recording, type RecordingSet } from './recording.ts';
import { rolesOf, type SeriesOptions } from './roles.ts';
import { type Column, isNumeric, quoted, type Table, textAt } from './table.ts';
import type { LabelledSeries } from './ts-file.ts';

/**
 * The recordings in a table with one series per row or one instant per row.
 *
 * @param roles default: {@link rolesOf} the table. For a part of a table, give the roles of the whole
 * @param before for a part of a recording, the time of the row above it
 * @throws DataError if the table does not fit the options, has text among numbers, is not sorted by time, or has gaps
 *   and `fill` is not given
 */
export function fromTable(
  table: Table,
  options: SeriesOptions,
  roles = rolesOf(table, options),
  before?: string,
): RecordingSet {
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
  const texts = label && Array.from({ length: table.count }, (_, row) => textAt(label, row));
  const { normal, labels } = (texts && normality(table.name, label.name, texts, options.normal)) ?? {};
  if (roles.asRows) return { ...rows(table, numbers, normal, options.fill), labels, notes: roles.notes };
  const parts = { channels: numbers, time: column(roles.time), id: column(roles.id), normal, before };
  return { ...instants(table, parts, options), labels, notes: roles.notes };
}

/** For each row, whether it is normal, and how often each label occurs. */
interface Normality {
  readonly normal: Uint8Array;
  readonly labels: Counts;
}

/** @param name the labels' name in errors. @throws DataError if it is unknown which label is normal */
function normality(file: string, name: string, labels: readonly string[], wanted: string | undefined): Normality {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  if (wanted === undefined)
    throw new DataError(
      `${file}: say with --normal which value of ${name} is normal. It contains ${listCounts(counts)}.`,
    );
  // `1`, `1.0`, `true` and `True` are the same label.
  const number = numberOf(wanted, false);
  const same = (label: string): boolean =>
    label === wanted || (number !== undefined && numberOf(label, false) === number);
  return { normal: Uint8Array.from(labels, (label) => (same(label) ? 1 : 0)), labels: counts };
}

type Numbers = Column & { readonly values: Float64Array };

function rows(
  table: Table,
  columns: readonly Numbers[],
  normal: Uint8Array | undefined,
  fill: Fill | undefined,
): RecordingSet {
  const lists = new Map<string | undefined, Numbers[]>();
  for (const column of columns) {
    const channel = lists.get(column.list);
    if (channel === undefined) lists.set(column.list, [column]);
    else channel.push(column);
  }
  const channels = [...lists.values()];
  const { length } = channels[0]!;
  const odd = channels.find((channel) => channel.length !== length);
  if (odd !== undefined) {
    const says = (channel: readonly Numbers[]): string => `column ${channel[0]!.list} has ${channel.length} numbers`;
    throw new DataError(
      `${table.name}: in each row, ${says(channels[0]!)}, but ${says(odd)}. The channels of a series must have equal length; choose them with --columns.`,
    );
  }
  checkLength(length, table.name);
  const width = channels.length;
  const recordings = Array.from({ length: table.count }, (_, row): Recording => {
    const name = `${table.name}, ${table.rowName(row)}`;
    const values = new Float32Array(length * width);
    channels.forEach((channel, c) => {
      const own = Float64Array.from(channel, (column) => column.values[row]!);
      fillGaps(own, fill, name, (i) => `column ${channel[i]!.name}`);
      own.forEach((value, t) => {
        values[t * width + c] = value;
      });
    });
    const label = normal && new Uint8Array(length).fill(normal[row]!);
    return { name, file: table.name, length, values, normal: label, times: undefined };
  });
  if (width === 1) return { layout: 'series', channels: ['value'], recordings, fromColumns: false };
  return { layout: 'series', channels: [...lists.keys()].map(String), recordings, fromColumns: true };
}

interface Parts {
  readonly channels: readonly Numbers[];
  readonly time: Column | undefined;
  readonly id: Column | undefined;
  readonly normal: Uint8Array | undefined;
  readonly before: string | undefined;
}

/** The recordings in a table with one instant per row: one recording, or one for each id. */
function instants(
  table: Table,
  { channels, time, id, normal, before }: Parts,
  { fill, layout }: SeriesOptions,
): RecordingSet {
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
    const times = time && members.map((row) => textAt(time, row));
    if (times !== undefined) {
      const rowName = (i: number): string => `${table.name}, ${table.rowName(members[i]!)}`;
      checkOrder(times, rowName, { time: time!.name, id: id?.name }, before);
    }
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
      id: id && own,
      length: members.length,
      values,
      normal: normal && Uint8Array.from(members, (row) => normal[row]!),
      times,
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
  const wanted = label !== undefined || normal !== undefined;
  if (wanted && first.label === undefined) throw new DataError(`${file} has no classes, so --normal can't select one.`);
  const texts = series.map(({ label = '' }) => label);
  const { normal: isNormal, labels } = wanted ? normality(file, 'the class', texts, normal) : {};
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
  return { layout: alike ? 'series' : 'recording', channels, recordings, fromColumns: false, labels };
}

function checkLength(length: number, name: string): void {
  if (length >= SHORTEST && length <= LONGEST) return;
  throw new DataError(`${name}: a series must have ${SHORTEST} to ${LONGEST} numbers, not ${length}.`);
}
