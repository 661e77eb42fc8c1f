import { located } from '@hourglass/tensor';
import { FileFormatError } from './errors.ts';
import { halfToNumber, numberToHalf } from './half.ts';

/** A tensor as stored in a file: `shape` (empty for a scalar) and its elements in row-major order. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The contents of a safetensors file. The tensors are in the order of their data. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /**
   * The dtypes, by name, of tensors that are neither F32 nor F16, such as PyTorch's batch normalisation counters (I64).
   */
  readonly unread: ReadonlyMap<string, string>;
  readonly metadata: Readonly<Record<string, string>>;
}

type Dtype = 'F32' | 'F16';

/** Bytes per element of each dtype in the format. */
const ELEMENT_BYTES: Record<Dtype, number> & Readonly<Record<string, number>> = {
  __proto__: null as never,
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};
const MAX_HEADER_BYTES = 100_000_000;
const METADATA_KEY = '__metadata__';

interface Entry {
  readonly tensor: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads the F32 and F16 tensors of a safetensors file (F16 is widened to float32 exactly), and the names and dtypes of
 * the other tensors. Checks every rule of the format before allocating any tensor, so memory use stays within a small
 * multiple of the file's size.
 *
 * @param bytes the whole file, at any alignment; the tensors are copies
 * @param name the file's name in error messages
 * @throws FileFormatError if the bytes violate the format, TypeError if they are no bytes
 * @see https://huggingface.co/docs/safetensors
 */
export function readSafetensors(bytes: Uint8Array, name: string): SafetensorsFile {
  const fail = (problem: string): never => {
    throw new FileFormatError(`${name}: ${problem.slice(0, 400)}.`); // in a malicious header, a name can take megabytes
  };

  if (!ArrayBuffer.isView(bytes)) throw new TypeError(located(`${name}: readSafetensors takes bytes, as Uint8Array.`));
  if (bytes.length < 8) fail(`not a safetensors file: it has ${bytes.length} bytes, fewer than the 8 of a header size`);
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (headerBytes > MAX_HEADER_BYTES)
    fail(`not a safetensors file: its header would take ${headerBytes} bytes; at most ${MAX_HEADER_BYTES} are allowed`);
  const dataStart = 8 + Number(headerBytes);
  if (dataStart > bytes.length)
    fail(`cut short: its header ends at byte ${dataStart}, but the file has ${bytes.length} bytes`);

  const header = parseHeader(bytes.subarray(8, dataStart), fail);
  const metadata = header[METADATA_KEY] ?? {};
  if (!isObject(metadata) || !isStringMap(metadata)) return fail(`${METADATA_KEY} must map strings to strings`);

  const dataBytes = bytes.length - dataStart;
  const entries = Object.entries(header)
    .filter(([tensor]) => tensor !== METADATA_KEY)
    .map(([tensor, value]) => checkEntry(tensor, value, dataBytes, fail))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);

  let covered = 0;
  for (const { tensor, begin, end } of entries) {
    if (begin !== covered)
      fail(`tensor ${quote(tensor)} begins at byte ${begin} of the data, expected ${covered}: no holes, no overlaps`);
    covered = end;
  }
  if (covered !== dataBytes) fail(`the tensors cover ${covered} bytes, but the file has ${dataBytes} bytes of data`);

  const tensors = new Map<string, StoredTensor>();
  const unread = new Map<string, string>();
  for (const { tensor, dtype, shape, begin, end } of entries) {
    if (dtype !== 'F32' && dtype !== 'F16') {
      unread.set(tensor, dtype);
      continue;
    }
    // A copy is aligned even if the input is not (a Buffer's slice() would be a view). WebGPU hosts are little-endian.
    const { buffer } = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end));
    const data = dtype === 'F32' ? new Float32Array(buffer) : Float32Array.from(new Uint16Array(buffer), halfToNumber);
    tensors.set(tensor, { shape, data });
  }
  return { tensors, unread, metadata };
}

/**
 * Writes a safetensors file with the tensors in the given order.
 *
 * @param tensors names and tensors; each name may occur once
 * @param metadata free text by key; optional
 * @param options `dtype`: how every tensor is stored. `F32` (default) is exact; `F16` rounds to the nearest
 *   half-precision number, ties to even, and magnitudes of 65520 or more to infinity
 * @throws RangeError if a name is reserved or used twice, or if a shape does not match its data; TypeError if metadata
 *   are not strings
 */
export function writeSafetensors(
  tensors: Iterable<[string, StoredTensor]>,
  metadata?: Readonly<Record<string, string>>,
  { dtype = 'F32' }: { readonly dtype?: 'F32' | 'F16' | undefined } = {},
): Uint8Array {
  const other = Object.entries(metadata ?? {}).find(([, text]) => typeof text !== 'string');
  if (other !== undefined) throw new TypeError(located(`The metadata '${other[0]}' must be a string.`));
  const stored = [...tensors];
  const names = new Set([METADATA_KEY]);
  // Members are joined by hand: an object would put integer-like names first and lose `__proto__`.
  const members = metadata ? [`${quote(METADATA_KEY)}:${JSON.stringify(metadata)}`] : [];
  let dataBytes = 0;
  for (const [name, { shape, data }] of stored) {
    if (names.has(name)) throw new RangeError(located(`The tensor name ${quote(name)} is reserved or used twice.`));
    names.add(name);
    if (!isSizes(shape) || elements(shape) !== data.length)
      throw new RangeError(located(`Tensor ${quote(name)} of shape [${shape}] can't have ${data.length} elements.`));
    const end = dataBytes + data.length * ELEMENT_BYTES[dtype];
    members.push(`${quote(name)}:${JSON.stringify({ dtype, shape, data_offsets: [dataBytes, end] })}`);
    dataBytes = end;
  }

  const header = new TextEncoder().encode(`{${members.join(',')}}`);
  const headerBytes = Math.ceil(header.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, 8, 8 + headerBytes);
  file.set(header, 8);
  let offset = 8 + headerBytes;
  for (const [, { data }] of stored) {
    const values = dtype === 'F32' ? data : Uint16Array.from(data, numberToHalf);
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
  }
  return file;
}

function parseHeader(bytes: Uint8Array, fail: (problem: string) => never): Record<string, unknown> {
  if (bytes[0] !== 0x7b) fail("not a safetensors file: its header doesn't begin with '{'");
  let header: unknown;
  let duplicate: string | undefined;
  try {
    const json = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = JSON.parse(json);
    duplicate = findDuplicateKey(json);
  } catch (error) {
    fail(`its header is not JSON in UTF-8 (${(error as Error).message})`);
  }
  if (duplicate !== undefined) fail(`its header has the key ${quote(duplicate)} twice`);
  return header as Record<string, unknown>; // JSON that begins with '{' is an object
}

/** The first key that occurs twice in an object of valid JSON. JSON.parse silently keeps the last value. */
function findDuplicateKey(json: string): string | undefined {
  const scopes: Set<string>[] = [];
  let opening = -1;
  let string = '';
  for (const { 0: token, index } of json.matchAll(/\\.|["{}:]/g)) {
    if (token === '"') {
      if (opening >= 0) string = json.slice(opening, index + 1);
      opening = opening >= 0 ? -1 : index;
    } else if (opening >= 0) {
      // Inside a string: an escape, or punctuation without meaning.
    } else if (token === '{') {
      scopes.push(new Set());
    } else if (token === '}') {
      scopes.pop();
    } else {
      const key = JSON.parse(string) as string;
      if (scopes.at(-1)?.has(key)) return key;
      scopes.at(-1)?.add(key);
    }
  }
  return undefined;
}

function checkEntry(tensor: string, value: unknown, dataBytes: number, fail: (problem: string) => never): Entry {
  const name = `tensor ${quote(tensor)}`;
  if (!isObject(value)) return fail(`${name} must be described by an object, found ${show(value)}`);
  const { dtype, shape, data_offsets: offsets } = value;
  const elementBytes = typeof dtype === 'string' ? ELEMENT_BYTES[dtype] : undefined;
  if (typeof dtype !== 'string' || elementBytes === undefined)
    return fail(`${name} has dtype ${show(dtype)}, which the format does not define`);
  if (!isSizes(shape)) return fail(`${name} must have a shape of non-negative integers, found ${show(shape)}`);
  if (!isSizes(offsets) || offsets.length !== 2)
    return fail(`${name} must have data_offsets of two non-negative integers, found ${show(offsets)}`);
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataBytes)
    fail(`${name} has data_offsets [${begin}, ${end}], which are not an ordered range in ${dataBytes} bytes of data`);
  // Above 2^53 the product is inexact, but then it is too large to equal a file's size.
  const expected = elements(shape) * elementBytes;
  if (end - begin !== expected)
    fail(`${name} of shape [${shape}] and dtype ${dtype} takes ${expected} bytes, found ${end - begin}`);
  return { tensor, dtype, shape, begin, end };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStringMap(value: Record<string, unknown>): value is Record<string, string> {
  return Object.values(value).every((text) => typeof text === 'string');
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

const quote = (text: string): string => JSON.stringify(text);

/** A header value in an error message, one level deep because deep nesting would overflow the stack. */
function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => (typeof item === 'object' ? '…' : show(item))).join(', ')}]`;
  return isObject(value) ? 'an object' : (JSON.stringify(value) ?? 'none');
}
