import { appendFileSync, writeFileSync } from 'node:fs';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/**
 * A file of events that TensorBoard reads: records of TensorFlow's TFRecord format, each an `Event` in protocol buffers
 * (tensorflow/core/util/event.proto and framework/summary.proto). Numbers below are their field numbers.
 */
export class EventFile {
  private readonly path: string;

  /** Creates the file. @throws the file system's error */
  constructor(path: string) {
    this.path = path;
    writeFileSync(path, record(event((writer) => writer.tag(3, WireType.LengthDelimited).string('brain.Event:2'))));
  }

  /** Appends numbers by name. */
  scalars(step: number, values: Readonly<Record<string, number>>): void {
    this.append(
      step,
      Object.entries(values).map(([name, value]) => [name, (writer) => writer.tag(2, WireType.Bit32).float(value)]),
    );
  }

  /** Appends a picture. @param png the bytes of a PNG file */
  picture(step: number, name: string, png: Uint8Array): void {
    const header = new DataView(png.buffer, png.byteOffset);
    const [width, height] = [header.getUint32(16), header.getUint32(20)];
    const image = (writer: BinaryWriter): BinaryWriter =>
      writer
        .tag(1, WireType.Varint)
        .int32(height)
        .tag(2, WireType.Varint)
        .int32(width)
        .tag(3, WireType.Varint)
        .int32(4) // the colour space RGBA
        .tag(4, WireType.LengthDelimited)
        .bytes(png);
    this.append(step, [[name, (writer) => image(writer.tag(4, WireType.LengthDelimited).fork()).join()]]);
  }

  private append(step: number, values: readonly (readonly [name: string, value: Field])[]): void {
    const summary = (writer: BinaryWriter): BinaryWriter => {
      for (const [name, value] of values)
        value(writer.tag(1, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string(name)).join();
      return writer;
    };
    const bytes = event((writer) =>
      summary(writer.tag(2, WireType.Varint).int64(step).tag(5, WireType.LengthDelimited).fork()).join(),
    );
    try {
      appendFileSync(this.path, record(bytes));
    } catch {
      // a full disk is no reason to end a training: its checkpoints report it
    }
  }
}

/** Writes fields of a message. */
type Field = (writer: BinaryWriter) => BinaryWriter;

/** An event of now. */
const event = (fields: Field): Uint8Array =>
  fields(new BinaryWriter().tag(1, WireType.Bit64).double(Date.now() / 1000)).finish();

/** The length of the content, the checksum of the length, the content, and its checksum. */
function record(content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(content.length), true);
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true);
  bytes.set(content, 12);
  view.setUint32(12 + content.length, masked(crc32c(content)), true);
  return bytes;
}

/** TFRecord's masking, by which a file that contains checksums gets other checksums. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** The Castagnoli polynomial, its bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** CRC-32C (RFC 3720, appendix B.4). */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff]!;
  return ~crc >>> 0;
}
