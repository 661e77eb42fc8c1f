import { DataError } from '../../dataset.ts';
import type { NumpyArray } from '../../npy.ts';
import { fromSeries, fromTable, type SeriesOptions } from '../../series/from-table.ts';
import type { RecordingSet } from '../../series/recording.ts';
import type { Column } from '../../series/table.ts';

/**
 * The recordings in arrays: [length], a recording; [rows, columns], as in a table; [series, length, channels] or
 * [series, channels, length], of which the length is the larger one. Other arrays may hold labels, times or ids.
 *
 * @param file what errors call the file
 * @throws DataError if it is unclear which array holds the numbers, or labels are more or fewer than they
 */
export function fromArrays(
  arrays: ReadonlyMap<string, NumpyArray>,
  file: string,
  options: SeriesOptions,
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
      `${file} holds ${list}. Say by --columns which array holds the numbers, and by --label which the labels.`,
    );
  }
  const [, { shape, values }] = found;
  if (!(values instanceof Float64Array))
    throw new DataError(`${file}: the array ${found[0]} holds words, not numbers.`);
  const [count = 0] = shape;
  if (count === 0) throw new DataError(`${file}: the array ${found[0]} is empty.`);
  const side = named.flatMap((name): Column[] => {
    const array = arrays.get(name);
    if (array === undefined) return [];
    if (array.values.length !== count) {
      throw new DataError(`${file}: the array ${name} has ${array.values.length} values for ${count} rows.`);
    }
    return [{ name, values: array.values }];
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
    return fromTable({ name: file, columns: [...columns, ...side], count, rowName: (row) => `row ${row + 1}` }, rest);
  }
  if (shape.length > 3)
    throw new DataError(`${file}: the array ${found[0]} has ${shape.length} dimensions; series have one to three.`);
  const [, second, third] = shape as [number, number, number];
  const timeFirst = second >= third;
  const [length, width] = timeFirst ? [second, third] : [third, second];
  const label = side.find(({ name }) => name === options.label);
  const series = Array.from({ length: count }, (_, i) => ({
    name: `${file}, series ${i + 1}`,
    label: label && String(label.values[i]),
    channels: Array.from({ length: width }, (_, c) =>
      Float64Array.from(
        { length },
        (_, t) => values[i * length * width + (timeFirst ? t * width + c : c * length + t)]!,
      ),
    ),
  }));
  return fromSeries(series, file, options);
}
