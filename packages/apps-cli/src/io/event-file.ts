import { appendFileSync, writeFileSync } from 'node:fs';
import { PbfWriter } from 'pbf';

/**
 * A file of events that TensorBoard reads: records of TensorFlow's TFRecord format, each an `Event` in protocol buffers
 * (tensorflow/core/util/event.proto and framework/summary.proto). Numbers below are their field numbers.
 */
export class EventFile {
  private readonly path: string;

  /** Creates the file. @throws the file system's error */
  constructor(path: string) {
    this.path = path;
    writeFileSync(path, record(event((writer) => writer.writeStringField(3, 'brain.Event:2'))));
  }

  /** Appends numbers by name. */
  scalars(step: number, values: Readonly<Record<string, number>>): void {
    this.append(
      step,
      Object.entries(values).map(([name, value]) => [name, (writer) => writer.writeFloatField(2, value)]),
    );
  }

  /** Appends a picture. @param png the bytes of a PNG file */
  picture(step: number, name: string, png: Uint8Array): void {
    const header = new DataView(png.buffer, png.byteOffset);
    const [width, height] = [header.getUint32(16), header.getUint32(20)];
    const image: Fields = (writer) => {
      writer.writeVarintField(1, height);
      writer.writeVarintField(2, width);
      writer.writeVarintField(3, 4); // the colour space RGBA
      writer.writeBytesField(4, png);
    };
    this.append(step, [[name, (writer) => message(writer, 4, image)]]);
  }

  private append(step: number, values: readonly (readonly [name: string, value: Fields])[]): void {
    const summary: Fields = (writer) => {
      for (const [name, value] of values)
        message(writer, 1, (own) => {
          own.writeStringField(1, name);
          value(own);
        });
    };
    const bytes = event((writer) => {
      writer.writeVarintField(2, step);
      message(writer, 5, summary);
    });
    try {
      appendFileSync(this.path, record(bytes));
    } catch {
      // a full disk is no reason to end the training run: its checkpoints report it
    }
  }
}

/** Writes fields of a message. */
type Fields = (writer: PbfWriter) => void;

const message = (writer: PbfWriter, number: number, fields: Fields): void =>
  writer.writeMessage(number, (_, own) => fields(own), undefined);

/** An event with the current time. */
function event(fields: Fields): Uint8Array {
  const writer = new PbfWriter();
  writer.writeDoubleField(1, Date.now() / 1000);
  fields(writer);
  return writer.finish();
}

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
