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
 * becomes one column for each number in its lists, which must have equal length.
 *
 * @param name the file's name in errors
 * @throws DataError if the file can't be read, or DuckDB is not installed
 */
export async function readByDuckdb(path: string, ending: string, name: string): Promise<Table> {
  return withConnection(name, (connection) =>
    tableOf(connection, `SELECT * FROM ${READERS[ending]}(${literal(path)})`, name),
  );
}

/** The number of rows in such a file. @throws DataError as {@link readByDuckdb} */
export function countByDuckdb(path: string, ending: string, name: string): Promise<number> {
  return withConnection(name, async (connection) => {
    const result = await connection.runAndReadAll(`SELECT count(*) FROM ${READERS[ending]}(${literal(path)})`);
    return Number(result.getRows()[0]![0]);
  });
}

/** Rows `start` to before `end` of such a file, about 2000 at a time. @throws DataError as {@link readByDuckdb} */
export async function* tablesByDuckdb(
  path: string,
  ending: string,
  name: string,
  { start, end }: { readonly start: number; readonly end: number },
): AsyncGenerator<Table> {
  const { connection, close } = await connect(name);
  try {
    const query = `SELECT * FROM ${READERS[ending]}(${literal(path)})`;
    const kinds = await kindsOf(connection, query);
    const result = await connection.stream(
      `SELECT ${selection(kinds)} FROM (${query}) LIMIT ${end - start} OFFSET ${start}`,
    );
    let before = start;
    for await (const rows of result.yieldRowsJs()) {
      if (rows.length === 0) continue;
      const data = kinds.map((_, column) => rows.map((row) => row[column]));
      yield tableFrom(kinds, data, name, before);
      before += rows.length;
    }
  } catch (error) {
    throw unreadable(name, error);
  } finally {
    close();
  }
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
    // A comment may follow the query.
    return tableOf(connection, query.replace(/;\s*(--.*)?$/, ''), name);
  });
}

/**
 * Converts a CSV file with a header to a Parquet file.
 *
 * @param types the SQL types of the columns, by name
 * @throws DataError if DuckDB is not installed, and DuckDB's errors
 */
export async function csvToParquet(
  source: string,
  target: string,
  types: Readonly<Record<string, string>>,
): Promise<void> {
  const columns = Object.entries(types).map(([name, type]) => `${literal(name)}: ${literal(type)}`);
  const table = `read_csv(${literal(source)}, header = true, delim = ',', types = {${columns.join(', ')}})`;
  const { connection, close } = await connect('Parquet');
  try {
    await connection.run(`COPY (SELECT * FROM ${table}) TO ${literal(target)} (FORMAT parquet)`);
  } finally {
    close();
  }
}

/** @throws DataError if DuckDB, which Parquet files need, is not installed */
export async function checkParquet(): Promise<void> {
  await loadDuckdb('Parquet');
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
  const { connection, close } = await connect(name);
  try {
    return await work(connection);
  } catch (error) {
    throw unreadable(name, error);
  } finally {
    close();
  }
}

async function connect(name: string): Promise<{ readonly connection: DuckDBConnection; readonly close: () => void }> {
  const { DuckDBInstance } = await loadDuckdb(name);
  // Extensions must not be downloaded silently.
  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' });
  const connection = await instance.connect();
  return {
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function unreadable(name: string, error: unknown): DataError {
  if (error instanceof DataError) return error;
  // For a faulty CSV, the first line says where the fault is, the second repeats the text, and the third explains it.
  const [first = '', ...others] = (error as Error).message.split('\n');
  const reason = first.includes('CSV Error') ? others.find((line) => line !== '' && !line.startsWith('Original')) : '';
  const message = [first, reason].map((line = '') => line.replace(/[\s.!]+$/, '').slice(0, 200)).filter(Boolean);
  return new DataError(`${name} can't be read: ${message.join('. ')}.`, { cause: error });
}

interface Kind {
  readonly column: string;
  readonly type: string;
}

async function kindsOf(connection: DuckDBConnection, query: string): Promise<readonly Kind[]> {
  const description = await connection.runAndReadAll(`DESCRIBE ${query}`);
  return description.getRows().map(([column, type]) => ({ column: String(column), type: String(type) }));
}

function selection(kinds: readonly Kind[]): string {
  const selected = kinds.map(({ column, type }) => {
    const kind = NUMBER.test(type) ? 'DOUBLE' : LIST.test(type) ? 'DOUBLE[]' : 'VARCHAR';
    return `CAST(${identifier(column)} AS ${kind})`;
  });
  return selected.join(', ');
}

async function tableOf(connection: DuckDBConnection, query: string, name: string): Promise<Table> {
  const kinds = await kindsOf(connection, query);
  const result = await connection.runAndReadAll(`SELECT ${selection(kinds)} FROM (${query}\n)`);
  if (result.currentRowCount === 0) throw new DataError(`${name} has no rows.`);
  return tableFrom(kinds, result.getColumnsJS(), name);
}

/** @param before the number of rows before those of the table */
function tableFrom(kinds: readonly Kind[], data: readonly (readonly unknown[])[], name: string, before = 0): Table {
  const columns = kinds.flatMap(({ column, type }, i): Column[] => {
    const values = data[i]!;
    if (NUMBER.test(type)) return [{ name: column, values: toNumbers(values), isTruth: type === 'BOOLEAN' }];
    if (LIST.test(type)) return listColumns(column, values, name, before);
    return [{ name: column, values: values.map((value) => (value === null ? '' : String(value))) }];
  });
  return { name, columns, count: data[0]!.length, rowName: (row) => `row ${before + row + 1}` };
}

const toNumbers = (values: readonly unknown[]): Float64Array =>
  Float64Array.from(values, (value) => (typeof value === 'number' ? value : Number.NaN));

function listColumns(column: string, lists: readonly unknown[], name: string, before: number): Column[] {
  const rows = lists.map((list, row) => {
    if (Array.isArray(list)) return list as readonly unknown[];
    throw new DataError(`${name}, row ${before + row + 1}: column ${column} does not contain a list.`);
  });
  const length = rows[0]!.length;
  const odd = rows.findIndex((row) => row.length !== length);
  if (odd >= 0) {
    throw new DataError(
      `${name}, row ${before + odd + 1}: the list in column ${column} has ${rows[odd]!.length} numbers, that in row ${before + 1} has ${length}. Series must have equal length.`,
    );
  }
  return Array.from({ length }, (_, i) => ({
    name: `${column}.${i + 1}`,
    list: column,
    values: toNumbers(rows.map((row) => row[i])),
  }));
}
