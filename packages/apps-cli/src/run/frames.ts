import type { Readable, Writable } from 'node:stream';
import { UsageError } from '../usage/errors.ts';

/** A message of the worker's protocol: a JSON object, followed by bytes. */
export interface Frame {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Uint8Array;
}

/** Bytes before a frame: the lengths of header and payload as u32, little-endian. */
const PREFIX = 8;
/** The largest header: a run's configuration with its tiles has some 10 kB. */
const LARGEST_HEADER = 2 ** 20;
/** The largest payload: 2³⁰ bytes, a gradient of 268 million weights. */
const LARGEST_PAYLOAD = 2 ** 30;

/**
 * The frames on a stream, until the stream ends.
 *
 * @throws UsageError if a length is above its limit, a header is not a JSON object, or the stream ends within a frame
 */
export async function* readFrames(input: Readable): AsyncGenerator<Frame> {
  let chunks: Uint8Array[] = [];
  let available = 0;
  const take = (bytes: number): Uint8Array => {
    const joined = Buffer.concat(chunks);
    chunks = [joined.subarray(bytes)];
    available -= bytes;
    return joined.subarray(0, bytes);
  };
  let lengths: readonly [header: number, payload: number] | undefined;
  for await (const chunk of input as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    available += chunk.length;
    for (;;) {
      if (lengths === undefined && available >= PREFIX) lengths = lengthsOf(take(PREFIX));
      if (lengths === undefined || available < lengths[0] + lengths[1]) break;
      const header = headerOf(take(lengths[0]));
      const payload = take(lengths[1]);
      lengths = undefined;
      yield { header, payload };
    }
  }
  if (available > 0 || lengths !== undefined) throw new UsageError('worker: the input ends in the middle of a frame.');
}

/** Writes a frame, and waits until the stream accepts more. @throws the stream's error */
export function writeFrame(output: Writable, { header, payload }: Frame): Promise<void> {
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(PREFIX);
  prefix.writeUInt32LE(text.length, 0);
  prefix.writeUInt32LE(payload.length, 4);
  output.write(prefix);
  output.write(text);
  return new Promise((resolve, reject) => output.write(payload, (error) => (error ? reject(error) : resolve())));
}

function lengthsOf(prefix: Uint8Array): readonly [header: number, payload: number] {
  const view = new DataView(prefix.buffer, prefix.byteOffset, PREFIX);
  const [header, payload] = [view.getUint32(0, true), view.getUint32(4, true)];
  if (header > LARGEST_HEADER || payload > LARGEST_PAYLOAD) {
    throw new UsageError(
      `worker: a frame announces a header of ${header} bytes and a payload of ${payload}; the limits are ${LARGEST_HEADER} and ${LARGEST_PAYLOAD}. Is the input in the worker's protocol?`,
    );
  }
  return [header, payload];
}

function headerOf(bytes: Uint8Array): Frame['header'] {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Frame['header'];
  } catch {
    // reported below
  }
  throw new UsageError('worker: the header of a frame is not a JSON object.');
}

/** The float32 numbers of a payload, little-endian. @throws UsageError unless its length is a multiple of 4 */
export function numbersOf(payload: Uint8Array): Float32Array {
  if (payload.length % 4 !== 0)
    throw new UsageError(`worker: a payload of ${payload.length} bytes does not hold float32 numbers.`);
  return new Float32Array(new Uint8Array(payload).buffer); // a copy, because a view would have to be aligned
}

/** Float32 numbers as a payload. */
export const bytesOf = (numbers: Float32Array): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
