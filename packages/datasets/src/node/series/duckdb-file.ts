import { DataError } from '../../dataset.ts';
import { fromTable } from '../../series/from-table.ts';
import { rolesOf, type SeriesOptions } from '../../series/roles.ts';
import { type ChunkedFile, formOf, lastTime, stretchesOf } from './chunked-file.ts';
import { countByDuckdb, tablesByDuckdb } from './duckdb.ts';

/**
 * Opens a Parquet file or JSON lines.
 *
 * @param bytes the size of the file
 * @throws DataError if it can't be read or does not fit the options, or DuckDB is not installed
 */
export async function openDuckdbFile(
  path: string,
  ending: string,
  name: string,
  bytes: number,
  options: SeriesOptions,
): Promise<ChunkedFile> {
  const { value: table } = await tablesByDuckdb(path, ending, name, { start: 0, end: 1 }).next();
  if (table === undefined) throw new DataError(`${name} has no rows.`);
  const roles = rolesOf(table, options);
  const width = table.columns.length;
  const count = (): Promise<number> => countByDuckdb(path, ending, name);
  return {
    form: formOf(fromTable(table, options, roles)),
    count,
    async *chunks(range, context) {
      let time: string | undefined;
      for (const { place, start, end } of stretchesOf(await count(), bytes, range, context)) {
        let first = start;
        for await (const own of tablesByDuckdb(path, ending, name, { start, end })) {
          if (own.columns.length !== width)
            throw new DataError(
              `${name}, ${own.rowName(0)} has ${own.columns.length} numbers, but row 1 has ${width}. Series must have equal length.`,
            );
          const set = fromTable(own, options, roles, time);
          time = lastTime(set);
          yield { ...set, first, place };
          first += own.count;
        }
      }
    },
  };
}
