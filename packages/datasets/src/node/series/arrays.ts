import { DataError } from '../../dataset.ts';
import type { NumpyArray } from '../../npy.ts';
import { fromSeries, fromTable } from '../../series/from-table.ts';
import type { RecordingSet } from '../../series/recording.ts';
import type { SeriesOptions } from '../../series/roles.ts';
import { type Column, textAt } from '../../series/table.ts';

/**
 * The recordings in arrays: [length], a recording; [rows, columns], as in a table; [series, length, channels] or
 * [series, channels, length], where the larger extent is the length. Other arrays may contain labels, times or ids.
 *
 * @param file the file's name in errors
 * @param before the number of rows in the file before those of the arrays
 * @throws DataError if it is unclear which array contains the numbers, or if the number of labels does not match
 */
export function fromArrays(
  arrays: ReadonlyMap<string, NumpyArray>,
  file: string,
  options: SeriesOptions,
  before = 0,
): RecordingSet {
  const named = [options.label, options.time, options.id].filter((name) => name !== undefined);
  const rank = ({ shape }: NumpyArray): number => shape.length;
  const others = [...arrays].filter(([name]) => !named.includes(name));
  const most = Math.max(0, ...others.map(([, array]) => rank(array)));
  const wanted = options.columns?.length === 1 && arrays.has(options.columns[0]!) ? options.columns[0] : undefined;
  const candidates = others.filter(([name, array]) => (wanted === undefined ? rank(array) === most : name === wanted));
  const [found] = candidates;
  if (candidates.length !== 1 || found === undefined) {
    const list = [...arrays].map(([name, { shape }]) => `${name} [${shape.join(', ')}]`).join(', ');
    throw new DataError(
      `${file} contains ${list}. Name the array with the numbers with --columns, and the one with the labels with --label.`,
    );
  }
  const [, { shape, values }] = found;
  if (!(values instanceof Float64Array))
    throw new DataError(`${file}: the array ${found[0]} contains words, not numbers.`);
  const [count = 0] = shape;
  if (count === 0) throw new DataError(`${file}: the array ${found[0]} is empty.`);
  const side = named.flatMap((name): Column[] => {
    const array = arrays.get(name);
    if (array === undefined) return [];
    if (array.values.length !== count) {
      throw new DataError(`${file}: the array ${name} has ${array.values.length} values for ${count} rows.`);
    }
    return [{ name, values: array.values, isTruth: array.isTruth }];
  });
  if (shape.length < 3) {
    const [, width = 1] = shape;
    const columns = Array.from(
      { length: width },
      (_, c): Column => ({
        name: String(c + 1),
        values: Float64Array.from({ length: count }, (_, row) => values[row * width + c]!),
      }),
    );
    const rest = wanted === undefined ? options : { ...options, columns: undefined };
    const rowName = (row: number): string => `row ${before + row + 1}`;
    return fromTable({ name: file, columns: [...columns, ...side], count, rowName }, rest);
  }
  if (shape.length > 3)
    throw new DataError(`${file}: the array ${found[0]} has ${shape.length} dimensions; series need one to three.`);
  const [, second, third] = shape as [number, number, number];
  const timeFirst = second >= third;
  const [length, width] = timeFirst ? [second, third] : [third, second];
  const label = side.find(({ name }) => name === options.label);
  const series = Array.from({ length: count }, (_, i) => ({
    name: `${file}, series ${before + i + 1}`,
    label: label && textAt(label, i),
    channels: Array.from({ length: width }, (_, c) =>
      Float64Array.from(
        { length },
        (_, t) => values[i * length * width + (timeFirst ? t * width + c : c * length + t)]!,
      ),
    ),
  }));
  return fromSeries(series, file, options);
}
