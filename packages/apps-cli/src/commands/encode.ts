import { dirname, extname } from 'node:path';
import { parquetOf } from '@hourglass/datasets/node';
import { type ExperimentData, readerOf, type Samples, type Split } from '@hourglass/experiments';
import { makeFolder } from '@hourglass/files';
import { readImage } from '../io/image-input.ts';
import type { Messages } from '../io/messages.ts';
import { npyOf } from '../io/npy.ts';
import { toUser } from '../io/paths.ts';
import { writeWhole } from '../io/write-whole.ts';
import { loadData, type OpenModel, type TrainedOptions, withTrained } from '../model/open-model.ts';
import { OutputError, systemReason, UsageError } from '../usage/errors.ts';
import { checkImages } from '../usage/find-experiment.ts';

/** The formats of codes, by the file's extension. */
const ENDINGS = ['.csv', '.npy', '.parquet'];

export interface EncodeOptions extends TrainedOptions {
  /** Image files, absolute; default: the images of the data. */
  readonly input?: readonly string[] | undefined;
  readonly split?: Split | undefined;
  /** The file to write, absolute. */
  readonly out: string;
}

/** The output of `encode --json`. */
export interface EncodeResult {
  readonly experiment: string;
  /** The files of the weights, absolute. */
  readonly weights: readonly string[];
  /** The name that the driver reports. */
  readonly adapter: string;
  /** The file written, absolute. */
  readonly file: string;
  /** The number of codes. */
  readonly samples: number;
  /** The length of each code. */
  readonly latent: number;
}

/** An image and its code. */
interface Encoded {
  readonly name: string;
  readonly class: string;
  readonly split: string;
  readonly code: Float32Array;
}

/** Sorts 2 before 10, so that the rows of an array keep their order. */
const byName = new Intl.Collator('en', { numeric: true });

/**
 * Writes the codes of images, from files or from the data, in the order of their names.
 *
 * @throws every error that `explain` knows
 */
export async function encode(id: string, options: EncodeOptions, messages: Messages): Promise<EncodeResult> {
  checkImages(id, 'encode');
  const { input, split = 'all', out } = options;
  const ending = extname(out).toLowerCase();
  if (!ENDINGS.includes(ending))
    throw new UsageError(`${toUser(out)}: codes are written as ${ENDINGS.join(', ')}. Give --out such a name.`);
  return withTrained(
    id,
    options,
    async (found) =>
      input === undefined
        ? loadData(found, options, messages)
        : Promise.all(input.map((path) => readImage(path, found, messages))),
    async (model, loaded) => {
      const { trained, weights, adapter } = model;
      const { latent } = trained;
      const encoded =
        'train' in loaded
          ? await encodeData(model, loaded, split, messages)
          : loaded.map(async ({ name, row }) => ({ name, class: '', split: '', code: await trained.encode(row) }));
      const rows = (await Promise.all(encoded)).sort((a, b) => byName.compare(a.name, b.name));
      await write(out, ending, rows, latent).catch((error: unknown) => {
        if (!(error instanceof Error && 'syscall' in error)) throw error;
        throw new OutputError(
          `${toUser(out)} can't be written: ${systemReason(error)}. Choose another file with --out.`,
        );
      });
      return { experiment: id, weights, adapter, file: out, samples: rows.length, latent };
    },
  );
}

export const formatEncoding = ({ file, samples, latent }: EncodeResult): string =>
  `${toUser(file)}: ${samples} ${samples === 1 ? 'code' : 'codes'} of ${latent} ${latent === 1 ? 'number' : 'numbers'}`;

async function encodeData(
  { trained }: OpenModel,
  { train, trainSplit = train, test, classes, close }: ExperimentData,
  split: Split,
  messages: Messages,
): Promise<Encoded[]> {
  const sets: [string, Samples][] = [
    ['train', trainSplit],
    ['test', test],
  ];
  const rows: Encoded[] = [];
  try {
    for (const [own, samples] of sets.filter(([own]) => split === 'all' || split === own)) {
      const { count, read } = readerOf(samples);
      const told = (start: number, size: number): Promise<Float32Array> => {
        messages.transient(`${start} of ${count} ${own} images`);
        return read(start, size);
      };
      const codes = await trained.encode({ count, read: told });
      for (let i = 0; i < count; i++)
        rows.push({
          name: 'stream' in samples ? samples.stream.names[i]! : `${own}-${i}`,
          class: classes[samples.labels[i] ?? -1] ?? '',
          split: own,
          code: codes.subarray(i * trained.latent, (i + 1) * trained.latent),
        });
    }
    return rows;
  } finally {
    messages.clear();
    await close?.();
  }
}

async function write(path: string, ending: string, rows: readonly Encoded[], latent: number): Promise<void> {
  await makeFolder(dirname(path));
  if (ending === '.npy') {
    const codes = new Float32Array(rows.length * latent);
    rows.forEach(({ code }, i) => {
      codes.set(code, i * latent);
    });
    return writeWhole(path, npyOf(codes, [rows.length, latent]));
  }
  const numbers = Array.from({ length: latent }, (_, i) => `z${i + 1}`);
  const lines = [
    ['name', 'class', 'split', ...numbers].join(),
    ...rows.map((row) =>
      // Nine digits distinguish any two float32 numbers.
      [quoted(row.name), quoted(row.class), row.split, ...Array.from(row.code, (z) => Number(z.toPrecision(9)))].join(),
    ),
  ];
  const csv = `${lines.join('\n')}\n`;
  return writeWhole(path, ending === '.csv' ? csv : await parquetOf(csv, ['name', 'class', 'split']));
}

/** A cell of CSV (RFC 4180). */
const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
