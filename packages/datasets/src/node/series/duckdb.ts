import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DataError } from '../../dataset.ts';
import type { Column, Table } from '../../series/table.ts';

/** DuckDB's functions that read a file, by file extension. */
const READERS: Readonly<Record<string, string>> = {
  '.parquet': 'read_parquet',
  '.pq': 'read_parquet',
  '.jsonl': 'read_json',
  '.ndjson': 'read_json',
  '.json': 'read_json',
  '.csv': 'read_csv',
  '.tsv': 'read_csv',
  '.txt': 'read_csv',
};
const NUMBER =
  /^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|UHUGEINT|FLOAT|DOUBLE|DECIMAL\(.*\)|BOOLEAN)$/;
const LIST =
  /^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|FLOAT|DOUBLE|DECIMAL\(.*\))\[\d*\]$/;

/** Whether only DuckDB reads files with this extension. */
export const isForDuckdb = (ending: string): boolean =>
  READERS[ending]?.startsWith('read_') === true && READERS[ending] !== 'read_csv';

/**
 * Reads a Parquet file or JSON lines with DuckDB (https://duckdb.org), which is loaded on first use. A column of lists
 * becomes one column for each number in its lists.
 *
 * @param name the file's name in errors
 * @throws DataError if the file can't be read, or DuckDB is not installed
 */
export async function readByDuckdb(path: string, ending: string, name: string): Promise<Table> {
  return withConnection(name, (connection) =>
    tableOf(connection, `SELECT * FROM ${READERS[ending]}(${literal(path)})`, name),
  );
}

/**
 * The result of an SQL query.
 *
 * @param files available to the query as the table `data`, joined by column name; if empty, the query names its files
 *   itself
 * @param folder the base of relative paths in the query
 * @throws DataError if the query fails
 */
export async function queryByDuckdb(
  query: string,
  files: readonly { readonly path: string; readonly ending: string }[],
  folder: string,
): Promise<Table> {
  const name = 'the result of --query';
  return withConnection('--query', async (connection) => {
    await connection.run(`SET file_search_path = ${literal(folder)}`);
    if (files.length > 0) {
      const parts = files.map(({ path, ending }) => {
        const reader = READERS[ending];
        if (reader === undefined) throw new DataError(`--query reads CSV, Parquet and JSON lines, not ${path}.`);
        return `SELECT * FROM ${reader}(${literal(path)})`;
      });
      await connection.run(`CREATE VIEW data AS ${parts.join(' UNION ALL BY NAME ')}`);
    }
    return tableOf(connection, query.replace(/;\s*$/, ''), name);
  });
}

/**
 * A table as the bytes of a Parquet file.
 *
 * @param csv its text, with a header
 * @param words the columns of words; all others are numbers
 * @throws DataError if DuckDB is not installed
 */
export async function parquetOf(csv: string, words: readonly string[]): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'hourglass-'));
  const [source, target] = [join(folder, 'table.csv'), join(folder, 'table.parquet')];
  try {
    await writeFile(source, csv);
    const types = words.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ');
    const table = `read_csv(${literal(source)}, header = true, delim = ',', types = {${types}})`;
    await withConnection('Parquet', (connection) =>
      connection.run(`COPY (SELECT * FROM ${table}) TO ${literal(target)} (FORMAT parquet)`),
    );
    return await readFile(target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const identifier = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** A variable, so that bundlers do not follow the import: DuckDB is native code and optional. */
const DUCKDB = '@duckdb/node-api';

async function loadDuckdb(name: string): Promise<typeof import('@duckdb/node-api')> {
  try {
    return (await import(DUCKDB)) as typeof import('@duckdb/node-api');
  } catch (cause) {
    throw new DataError(
      `${name} needs DuckDB, which is not installed: npm install @duckdb/node-api. CSV files don't need it.`,
      { cause },
    );
  }
}

async function withConnection<Result>(
  name: string,
  work: (connection: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  const { DuckDBInstance } = await loadDuckdb(name);
  // Extensions must not be downloaded silently.
  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } catch (error) {
    if (error instanceof DataError) throw error;
    const [first = ''] = (error as Error).message.split('\n');
    throw new DataError(`${name} can't be read: ${first.replace(/\.$/, '').slice(0, 200)}.`, { cause: error });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function tableOf(connection: DuckDBConnection, query: string, name: string): Promise<Table> {
  const description = await connection.runAndReadAll(`DESCRIBE ${query}`);
  const kinds = description.getRows().map(([column, type]) => ({ column: String(column), type: String(type) }));
  const selected = kinds.map(({ column, type }) => {
    const kind = NUMBER.test(type) ? 'DOUBLE' : LIST.test(type) ? 'DOUBLE[]' : 'VARCHAR';
    return `CAST(${identifier(column)} AS ${kind})`;
  });
  const result = await connection.runAndReadAll(`SELECT ${selected.join(', ')} FROM (${query})`);
  const data = result.getColumnsJS();
  const count = result.currentRowCount;
  if (count === 0) throw new DataError(`${name} has no rows.`);
  const columns = kinds.flatMap(({ column, type }, i): Column[] => {
    const values = data[i]!;
    if (NUMBER.test(type)) return [{ name: column, values: toNumbers(values) }];
    if (LIST.test(type)) return listColumns(column, values, name);
    return [{ name: column, values: values.map((value) => (value === null ? '' : String(value))) }];
  });
  return { name, columns, count, rowName: (row) => `row ${row + 1}` };
}

const toNumbers = (values: readonly unknown[]): Float64Array =>
  Float64Array.from(values, (value) => (typeof value === 'number' && Number.isFinite(value) ? value : Number.NaN));

function listColumns(column: string, lists: readonly unknown[], name: string): Column[] {
  const rows = lists.map((list, row) => {
    if (Array.isArray(list)) return list as readonly unknown[];
    throw new DataError(`${name}, row ${row + 1}: column ${column} does not contain a list.`);
  });
  const length = rows[0]!.length;
  const odd = rows.findIndex((row) => row.length !== length);
  if (odd >= 0) {
    throw new DataError(
      `${name}, row ${odd + 1}: the list in column ${column} has ${rows[odd]!.length} numbers, that in row 1 has ${length}. Series must have equal length.`,
    );
  }
  return Array.from({ length }, (_, i) => ({
    name: `${column}.${i + 1}`,
    values: toNumbers(rows.map((row) => row[i])),
  }));
}
