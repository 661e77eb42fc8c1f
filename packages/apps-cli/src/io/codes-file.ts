import { rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { DataError } from '@hourglass/datasets';
import { checkParquet, csvToParquet } from '@hourglass/datasets/node';
import { OutputError, UsageError } from '../usage/errors.ts';
import { csvCell } from './csv.ts';
import { npyHeader, npyNumbers } from './npy.ts';
import { attemptTo, followed, isSpecial, type PartFile, writeParts } from './part-file.ts';
import { toUser } from './paths.ts';
import { replaceBy } from './write-whole.ts';

/** The formats of codes, by the file's extension. */
const ENDINGS = ['.csv', '.npy', '.parquet'];
const OPTION = '--out';

/** A code, and the cells that identify its sample. */
export interface CodeRow {
  /** The cells before the code. */
  readonly cells: readonly (string | number)[];
  readonly code: Float32Array;
  /** The id of the series, if a column identifies series. */
  readonly id?: string | undefined;
}

export interface CodesTable {
  /** The columns before the code: their names, and whether they contain words or numbers. */
  readonly columns: readonly { readonly name: string; readonly type: 'words' | 'numbers' }[];
  /** Whether a last column contains ids; default false. */
  readonly identified?: boolean;
  /** The length of a code. */
  readonly latent: number;
  /** Whether a CSV file begins with a header. */
  readonly header: boolean;
}

/**
 * Checks in advance that codes can be written to a file.
 *
 * @throws UsageError if the extension or the kind of the file does not allow it, DataError if Parquet needs DuckDB,
 *   which is not installed
 */
export async function checkCodesFile(path: string): Promise<void> {
  if (!ENDINGS.includes(endingOf(path)))
    throw new UsageError(`${toUser(path)}: codes are written as ${ENDINGS.join(', ')}. Give ${OPTION} such a name.`);
  if (endingOf(path) !== '.csv' && (await attemptTo(path, OPTION)(isSpecial(path))))
    throw new UsageError(
      `${toUser(path)} is not a regular file; only .csv can be written into it. Choose another file with ${OPTION}.`,
    );
  if (endingOf(path) === '.parquet') await checkParquet();
}

const endingOf = (path: string): string => extname(path).toLowerCase();

/**
 * Writes codes as CSV, `.npy` or Parquet. The rows are written as they come.
 *
 * @returns the number of codes
 * @throws OutputError if the file can't be written, DataError if DuckDB, which Parquet needs, is not installed, and the
 *   errors of `rows`
 */
export async function writeCodes(
  path: string,
  table: CodesTable,
  rows: AsyncIterable<readonly CodeRow[]>,
): Promise<number> {
  const ending = endingOf(path);
  if (ending === '.npy') return writeParts(path, OPTION, (file) => writeNpy(file, table, rows));
  if (ending === '.csv') return writeParts(path, OPTION, (file) => writeCsv(file, table, rows));
  const target = await followed(path);
  const csv = `${target}.part.csv`;
  const temporary = `${target}.part`;
  try {
    const count = await writeParts(csv, OPTION, (file) => writeCsv(file, { ...table, header: true }, rows));
    const types = Object.fromEntries([
      ...table.columns.map(({ name, type }) => [name, type === 'words' ? 'VARCHAR' : 'BIGINT']),
      ...numberNames(table).map((name) => [name, 'DOUBLE']),
      ...(table.identified ? [['id', 'VARCHAR']] : []),
    ]) as Record<string, string>;
    await attemptTo(path, OPTION)(replaceBy(target, temporary, () => convert(csv, temporary, types)));
    return count;
  } finally {
    await rm(csv, { force: true });
  }
}

/** @throws OutputError if DuckDB can't write the file */
const convert: typeof csvToParquet = (csv, target, types) =>
  csvToParquet(csv, target, types).catch((error: unknown) => {
    if (error instanceof DataError) throw error;
    const [reason] = (error as Error).message.split('\n');
    throw new OutputError(`${toUser(target)} can't be written: ${reason}. Choose another file with ${OPTION}.`);
  });

const numberNames = ({ latent }: CodesTable): string[] => Array.from({ length: latent }, (_, i) => `z${i + 1}`);

async function writeCsv(file: PartFile, table: CodesTable, rows: AsyncIterable<readonly CodeRow[]>): Promise<number> {
  let count = 0;
  const names = [...table.columns.map(({ name }) => name), ...numberNames(table), ...(table.identified ? ['id'] : [])];
  if (table.header) await file.write(`${names.join()}\n`);
  for await (const some of rows) {
    const lines = some.map(({ cells, code, id }) =>
      // Nine digits distinguish any two float32 numbers.
      [
        ...cells.map(csvCell),
        ...Array.from(code, (z) => Number(z.toPrecision(9))),
        ...(id === undefined ? [] : [csvCell(id)]),
      ].join(),
    );
    await file.write(lines.map((line) => `${line}\n`).join(''));
    count += some.length;
  }
  return count;
}

async function writeNpy(
  file: PartFile,
  { latent }: CodesTable,
  rows: AsyncIterable<readonly CodeRow[]>,
): Promise<number> {
  let count = 0;
  await file.write(npyHeader(0, latent));
  for await (const some of rows) {
    const numbers = new Float32Array(some.length * latent);
    some.forEach(({ code }, i) => {
      numbers.set(code, i * latent);
    });
    await file.write(npyNumbers(numbers));
    count += some.length;
  }
  await file.overwrite(npyHeader(count, latent));
  return count;
}
