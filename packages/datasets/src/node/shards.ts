import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../dataset.ts';
import { errorCode } from './folder.ts';

/** Images per shard: 100 000 images are 25 files, and at 512x512 a shard stays below FAT32's limit of 4 GiB. */
const SHARD_ROWS = 4096;

const INDEX = 'index.json';

/** Describes the raw bytes in a folder of shards. */
export interface ShardIndex {
  /** Bytes of one image. */
  readonly rowBytes: number;
  /** The name of each row. */
  readonly names: readonly string[];
  /** Files of the source that were skipped, and the problem with each. */
  readonly skipped: readonly { readonly name: string; readonly fault: string }[];
}

/** Appends images to the shards of an empty folder. */
export class ShardWriter {
  readonly #folder: string;
  #file: FileHandle | undefined;
  #rows = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async append(row: Uint8Array): Promise<void> {
    if (this.#rows % SHARD_ROWS === 0) {
      await this.close();
      this.#file = await open(shardPath(this.#folder, this.#rows / SHARD_ROWS), 'wx');
    }
    await this.#file!.writeFile(row); // appends, and unlike `write` never writes only a part
    this.#rows++;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

export async function writeIndex<Index extends ShardIndex>(folder: string, index: Index): Promise<void> {
  await writeFile(join(folder, INDEX), JSON.stringify(index));
}

/**
 * A complete folder of shards. Its files stay open, so that they can be read even if another process removes the
 * folder.
 */
export class Shards<Index extends ShardIndex = ShardIndex> {
  readonly index: Index;
  readonly #files: readonly FileHandle[];

  private constructor(index: Index, files: readonly FileHandle[]) {
    this.index = index;
    this.#files = files;
  }

  /** @throws DataError if a file is missing, can't be read or has the wrong size */
  static async open<Index extends ShardIndex = ShardIndex>(folder: string): Promise<Shards<Index>> {
    const files: FileHandle[] = [];
    let path = join(folder, INDEX);
    try {
      const index: Index = JSON.parse(await readFile(path, 'utf8'));
      for (let row = 0; row < index.names.length; row += SHARD_ROWS) {
        path = shardPath(folder, files.length);
        const file = await open(path);
        files.push(file);
        const wanted = Math.min(SHARD_ROWS, index.names.length - row) * index.rowBytes;
        const { size: bytes } = await file.stat();
        if (bytes !== wanted) throw new DataError(`${path} is damaged: ${bytes} bytes instead of ${wanted}.`);
      }
      return new Shards(index, files);
    } catch (error) {
      for (const file of files) await file.close();
      throw error instanceof DataError ? error : new DataError(`${path} can't be read (${errorCode(error)}).`);
    }
  }

  /** The bytes of these rows, in this order. @throws DataError if a file has been cut short */
  async read(rows: readonly number[]): Promise<Uint8Array> {
    const { rowBytes } = this.index;
    const bytes = new Uint8Array(rows.length * rowBytes);
    await Promise.all(
      rows.map(async (row, i) => {
        const position = (row % SHARD_ROWS) * rowBytes;
        const file = this.#files[Math.floor(row / SHARD_ROWS)]!;
        const { bytesRead } = await file.read(bytes, i * rowBytes, rowBytes, position);
        if (bytesRead < rowBytes) {
          throw new DataError(
            'The decoded images in the cache were cut short. Run the command again to decode them again.',
          );
        }
      }),
    );
    return bytes;
  }

  async close(): Promise<void> {
    for (const file of this.#files) await file.close();
  }
}

function shardPath(folder: string, shard: number): string {
  return join(folder, `shard-${String(shard).padStart(3, '0')}.rgb`);
}
