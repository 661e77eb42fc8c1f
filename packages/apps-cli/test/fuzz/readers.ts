/** All readers of untrusted files: examples to change, how to call the reader, and the errors that it may throw. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { idx } from '@hourglass/testing/idx-files';
import { parseBeats, parseEcgCsv, parseUcr } from '../../../datasets/src/ecg5000.ts';
import { FASHION_FILES } from '../../../datasets/src/fashion-mnist.ts';
import { parseIdx } from '../../../datasets/src/idx.ts';
import { decodePng } from '../../../datasets/src/node/decode-png.ts';
import { loadFashionMnist } from '../../../datasets/src/node/fashion-mnist.ts';
import { openPngSource } from '../../../datasets/src/node/png-files.ts';
import { readKerasFile } from '../../../formats/src/keras/read.ts';
import { encodeCheckpoint, readSafetensors, writeSafetensors } from '../../../nn/src/index.ts';
import { parseConfig } from '../../src/run/config.ts';
import { RunFolder } from '../../src/run/folder.ts';
import { mutateBytes, mutateText, type Random } from './mutate.ts';

export interface Reader {
  readonly errors: readonly string[];
  /** A changed file. */
  readonly input: (random: Random) => Uint8Array;
  /** Resolves, or throws one of `errors`; anything else is a bug. */
  readonly read: (bytes: Uint8Array) => unknown;
}

const pick = <T>(items: readonly T[], random: Random): T => items[random(items.length)]!;
const changed = (examples: readonly Uint8Array[]) => (random: Random) => mutateBytes(pick(examples, random), random);
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const ramp = (length: number, of = 251): Uint8Array => Uint8Array.from({ length }, (_, i) => i % of);

/** An IDX file of images or labels. */
const idxOf = (shape: readonly number[]): Uint8Array =>
  idx(
    shape,
    ramp(
      shape.reduce((product, size) => product * size, 1),
      shape.length === 1 ? 10 : 251,
    ),
  );

// 3x2 pixels each, RGBA and with a palette, written by Pillow 12.3.
const PNGS = [
  'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAYAAACddGYaAAAAJUlEQVR4nAEaAOX/Af/kIgD02eT/c+tMwgC7llHzzRjsCPak5yTOHw82UgK8tAAAAABJRU5ErkJggg==',
  'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACAgMAAADgGo6JAAAADFBMVEVsRdNBaKSMFQfdwNYPNT7rAAAABHRSTlMAgP//7IBv5QAAAAxJREFUeJxjkGA4AgABEADdEeUPIgAAAABJRU5ErkJggg==',
].map((base64) => Buffer.from(base64, 'base64'));

/** The blocks of a file in a tar archive (POSIX ustar), or of another entry type. */
function tarEntry(name: string, content: Uint8Array, type = '0', linkname = ''): Buffer {
  const header = Buffer.alloc(512);
  for (const [at, value] of [
    [0, name],
    [100, '0000644\0'],
    [124, `${content.length.toString(8).padStart(11, '0')}\0`],
    [156, type],
    [157, linkname],
    [257, 'ustar\x0000'],
  ] as const) {
    header.write(value, at, 'latin1');
  }
  writeChecksum(header);
  return Buffer.concat([header, content, Buffer.alloc(-content.length & 511)]);
}

/** Writes the checksum of a tar header: the sum of its bytes, where those of the checksum count as blanks. */
function writeChecksum(header: Buffer): void {
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

const tensors = new Map([
  ['encoder.dense.kernel', { shape: [3, 4], data: new Float32Array(12).fill(0.5) }],
  ['encoder.dense.bias', { shape: [4], data: new Float32Array(4) }],
  ['scalar', { shape: [], data: new Float32Array(1) }],
]);
const state = { step: 3, epoch: 1, position: 0, totals: { loss: 0.5 }, seconds: 1, samples: 30 };
const checkpoint = encodeCheckpoint({ state, tensors }, { 'hourglass.experiment': 'ecg' });

/**
 * A safetensors file with a changed header text and the correct header length, so that the checks inside are reached.
 */
function otherHeader(file: Uint8Array, random: Random): Uint8Array {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = text(mutateText(decode(file.subarray(8, 8 + length)), random));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([size, header, file.subarray(8 + length)]);
}

const beats = (labelFirst: boolean): string =>
  Array.from({ length: 4 }, (_, i) => {
    const samples = Array.from({ length: 140 }, (_, t) => (Math.sin(t / 9 + i) * 2).toFixed(4));
    return labelFirst ? `${1 + i}  ${samples.join('  ')}` : [...samples, i % 2].join(',');
  }).join('\n');

const config = JSON.stringify(
  {
    experiment: 'ecg',
    settings: { preset: 'quick', epochs: 3, batchSize: 16, learningRate: 0.001, latent: 8, seed: 0 },
    keepEpochs: false,
    dataset: { id: 'ecg5000', source: 'files', train: 81, test: 40, sha256: 'ab' },
    adapter: { choice: 'auto', name: 'some' },
  },
  null,
  2,
);
const metrics =
  'epoch,steps,loss,val_loss,seconds,samples_per_second\n1,6,0.29,0.28,0.5,1420\n2,12,0.28,0.27,1.5,1500\n';

/**
 * @param folder an empty folder for the files of the readers that take paths, of one worker alone
 * @param packages the folder of this repository's packages
 */
export function readersIn(folder: string, packages: string): Record<string, Reader> {
  const fashion = join(folder, 'fashion');
  mkdirSync(fashion);
  const parts = FASHION_FILES.map(({ name }) => ({
    name,
    gz: gzipSync(idxOf(name.includes('images') ? [5, 28, 28] : [5])),
  }));
  for (const { name, gz } of parts) writeFileSync(join(fashion, name), gz);
  const run = join(folder, 'run');
  mkdirSync(run);
  const runFiles = { 'config.json': text(config), 'last.safetensors': checkpoint, 'metrics.csv': text(metrics) };
  const restore = (): void => {
    for (const [name, content] of Object.entries(runFiles)) writeFileSync(join(run, name), content);
  };
  const kerasFiles = [
    ...['whole.h5', 'flat.h5', 'decoder.h5'].map((name) => join(packages, 'nn/test/keras', name)),
    ...['encoder.keras', 'own.weights.h5'].map((name) => join(packages, 'formats/test/keras', name)),
  ].map((path) => readFileSync(path));
  const tar = Buffer.concat([
    tarEntry('set/a.png', PNGS[0]!),
    tarEntry('PaxHeader', text(`154 path=set/${'long'.repeat(34)}.png\n`), 'x'),
    tarEntry('set/b.png', PNGS[1]!),
    tarEntry('set/c.txt', text('text')),
    tarEntry('set/link.png', new Uint8Array(), '2', '/etc/passwd'),
    Buffer.alloc(1024),
  ]);

  return {
    safetensors: {
      errors: ['FileFormatError'],
      input: (random) => {
        const file = pick([writeSafetensors(tensors, { note: 'text' }), checkpoint], random);
        return random(2) ? otherHeader(file, random) : mutateBytes(file, random);
      },
      read: (bytes) => {
        const { tensors: found } = readSafetensors(bytes, 'a file');
        let size = 0;
        for (const { shape, data } of found.values()) {
          if (data.length !== shape.reduce((product, extent) => product * extent, 1)) throw new Error('another size');
          size += data.length;
        }
        if (size * 2 > bytes.length) throw new Error('more elements than the file contains');
      },
    },
    keras: { errors: ['FileFormatError'], input: changed(kerasFiles), read: (bytes) => readKerasFile(bytes, 'a file') },
    idx: {
      errors: ['DataError'],
      input: changed([idxOf([4, 3, 2]), idxOf([9])]),
      read: (bytes) => {
        const { shape, data } = parseIdx(bytes, 'a file');
        if (data.length !== shape.reduce((product, extent) => product * extent, 1)) throw new Error('another size');
      },
    },
    gzip: {
      errors: ['DataError'],
      input: (random) => {
        const { gz } = parts[0]!;
        if (random(4) > 0) return mutateBytes(gz, random);
        return gzipSync(mutateBytes(idxOf([5, 28, 28]), random)); // valid gzip around changed content
      },
      read: async (bytes) => {
        writeFileSync(join(fashion, parts[0]!.name), bytes);
        await loadFashionMnist({ data: fashion, notice: () => {} });
      },
    },
    tar: {
      errors: ['DataError'],
      input: (random) => {
        const kind = random(3);
        if (kind === 0) return mutateBytes(tar, random);
        return kind === 1 ? otherTarHeader(tar, random) : mutateBytes(gzipSync(tar), random);
      },
      read: async (bytes) => {
        const path = join(folder, 'set.tar');
        writeFileSync(path, bytes);
        for await (const { path: inside, content } of (await openPngSource(path)).files(() => {})) {
          if (/^\/|(^|\/)\.\.(\/|$)|\\/.test(inside)) throw new Error(`a path that leads out: ${inside}`);
          if (typeof content !== 'string' && content.length > 1100 * bytes.length)
            throw new Error('more than deflate can contain');
        }
      },
    },
    png: { errors: [], input: changed(PNGS), read: (bytes) => decodePng(bytes, 16) },
    'ecg text': {
      errors: ['DataError'],
      input: (random) => {
        const content = beats(random(2) === 0);
        return random(2) ? text(mutateText(content, random)) : mutateBytes(text(content), random);
      },
      read: (bytes) => {
        let results = 0;
        let refused: unknown;
        for (const parse of [parseUcr, parseEcgCsv, parseBeats]) {
          try {
            parse(decode(bytes), 'a file');
            results++;
          } catch (error) {
            if ((error as Error).name !== 'DataError') throw error;
            refused = error;
          }
        }
        if (results === 0) throw refused;
      },
    },
    'run folder': {
      errors: ['UsageError', 'FileFormatError'],
      // The first byte says which of the three files is replaced by the rest.
      input: (random) => {
        const file = random(3);
        const content = Object.values(runFiles)[file]!;
        const other =
          random(2) === 0
            ? mutateBytes(content, random)
            : file === 1
              ? otherHeader(content, random)
              : text(mutateText(decode(content), random));
        return Buffer.concat([Buffer.of(file), other]);
      },
      read: async (bytes) => {
        restore();
        const file = Object.keys(runFiles)[bytes[0]!]!;
        writeFileSync(join(run, file), bytes.subarray(1));
        if (file === 'config.json') parseConfig(decode(bytes.subarray(1)), file);
        const { rows, snapshot } = await RunFolder.open(run);
        if (rows.length !== snapshot.state.epoch) throw new Error('rows and epochs differ');
      },
    },
  };
}

/** A tar with one changed header field and the correct header checksum. */
function otherTarHeader(tar: Uint8Array, random: Random): Uint8Array {
  const result = Buffer.from(tar);
  const header = 512 * random(Math.floor(result.length / 512));
  const names = ['/etc/x.png', '../../x.png', 'a/../../x.png', 'C:\\x.png', '', '\u00ff.png'];
  const fields: readonly (readonly [at: number, length: number])[] = [
    [0, 100],
    [100, 8],
    [124, 12],
    [156, 1],
    [157, 100],
    [345, 155],
  ];
  const [at, length] = pick(fields, random);
  const octal = (8 ** random(12) - random(2)).toString(8);
  const value =
    at === 0 || at >= 157
      ? pick(names, random)
      : at === 156
        ? pick(['0', '1', '2', '5', 'x', 'g', 'L', 'K', 'S'], random)
        : octal;
  result.fill(0, header + at, header + at + length);
  result.write(value.slice(0, length), header + at, 'latin1');
  writeChecksum(result.subarray(header, header + 512));
  return result;
}
