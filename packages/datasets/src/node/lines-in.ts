import { open } from 'node:fs/promises';
import { DataError } from '../dataset.ts';
import { type Line, LineSplitter } from '../series/lines.ts';
import { decodeText } from '../text.ts';

/** Bytes that are read at once. */
const BLOCK = 2 ** 20;

/**
 * The lines of a file, block by block. A line's part is the number of borders at or before its first byte.
 *
 * @param name the file's name in errors
 * @param borders positions in bytes, in ascending order
 * @throws DataError if the file is not text, and the errors of {@link LineSplitter}
 */
export async function* linesIn(
  path: string,
  name: string,
  borders: readonly number[],
): AsyncGenerator<readonly Line[]> {
  const decoder = new LineDecoder(name);
  const block = Buffer.allocUnsafe(BLOCK);
  const file = await open(path);
  try {
    for (let at = 0; ; ) {
      const part = borders.filter((border) => border <= at).length;
      const border = borders.find((own) => own > at) ?? Number.POSITIVE_INFINITY;
      const { bytesRead } = await file.read(block, 0, Math.min(BLOCK, border - at), at);
      if (bytesRead === 0) break;
      at += bytesRead;
      yield decoder.push(block.subarray(0, bytesRead), part);
    }
    yield decoder.end();
  } finally {
    await file.close();
  }
}

/** The lines of a stream, as of a file in {@link linesIn}. All lines are in part 0. */
export async function* linesOfStream(stream: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<readonly Line[]> {
  const decoder = new LineDecoder(name);
  for await (const bytes of stream) yield decoder.push(bytes, 0);
  yield decoder.end();
}

/** Splits a text that arrives as pieces of bytes into lines. */
class LineDecoder {
  private readonly name: string;
  private readonly splitter: LineSplitter;
  private readonly decoder = new TextDecoder();
  private isFirst = true;

  constructor(name: string) {
    this.name = name;
    this.splitter = new LineSplitter(name);
  }

  push(bytes: Uint8Array, part: number): readonly Line[] {
    if (this.isFirst) decodeText(bytes.subarray(0, 2), this.name);
    this.isFirst = false;
    if (bytes.includes(0))
      throw new DataError(`${this.name} is not text, and its name is not that of another format that is supported.`);
    this.splitter.part = part;
    return [...this.splitter.push(this.decoder.decode(bytes, { stream: true }))];
  }

  end(): readonly Line[] {
    return [...this.splitter.end()];
  }
}
