import { basename, extname } from 'node:path';
import { type Shard, shardRange } from '@hourglass/datasets/node';
import {
  calibrationOf,
  concatenated,
  type ExperimentData,
  rescaled,
  rowsAt,
  type Samples,
  type Split,
  type TrainedModel,
} from '@hourglass/experiments';
import { type CodeRow, type CodesTable, writeCodes } from '../io/codes-file.ts';
import { readImage } from '../io/image-input.ts';
import type { Messages } from '../io/messages.ts';
import { type FoundModel, loadData, type TrainedOptions, withTrained } from '../model/open-model.ts';

/** The number of samples between two writes. */
const AT_ONCE = 1024;

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

/** The columns before the codes of samples. */
export const SAMPLE_COLUMNS: CodesTable['columns'] = [
  { name: 'name', type: 'words' },
  { name: 'class', type: 'words' },
  { name: 'split', type: 'words' },
];

export interface EncodeSamplesOptions extends TrainedOptions {
  /** Images, or a file of beats, absolute; undefined: those of the data. */
  readonly input?: readonly string[] | undefined;
  readonly split?: Split | undefined;
  /** The file to write, absolute. */
  readonly out: string;
  readonly shard?: Shard | undefined;
}

/** A source of samples, which are encoded together. */
interface Source {
  /** The number of samples, which determines the batch size; 1: each is encoded separately. */
  readonly of: number;
  /** Rows for the model. */
  readonly read: (indices: readonly number[]) => Promise<Float32Array>;
}

interface Sample {
  readonly name: string;
  readonly class: string;
  readonly split: string;
  readonly source: Source;
  /** Its position in the source. */
  readonly index: number;
}

/** Sorts 2 before 10, so that the rows of an array keep their order. */
const byName = new Intl.Collator('en', { numeric: true });

/**
 * Writes the codes of images, from files or from the data, or of the beats of the data, in the order of their names.
 *
 * @throws any error that `explain` handles
 */
export async function encodeSamples(
  id: string,
  options: EncodeSamplesOptions,
  messages: Messages,
): Promise<EncodeResult> {
  const { input, split = 'all', out: file, shard } = options;
  let close: ExperimentData['close'];
  const load = async (found: FoundModel): Promise<readonly Sample[]> => {
    if (input !== undefined) return samplesOfImages(input, found, messages);
    const calibration = calibrationOf(found.fitted);
    const data = await loadData(found, options, messages);
    close = data.close;
    return samplesOfData(calibration ? rescaled(data, calibration) : data, split);
  };
  try {
    return await withTrained(id, options, load, async ({ trained, weights, adapter, samples: noun }, loaded) => {
      const { latent } = trained;
      const sorted = [...loaded].sort((a, b) => byName.compare(a.name, b.name));
      const { start, end } = shardRange(sorted.length, shard);
      const own = sorted.slice(start, end);
      const onProgress = (done: number): void => messages.transient(`${done} of ${own.length} ${noun}`);
      const table = { columns: SAMPLE_COLUMNS, latent, header: !shard?.index };
      const samples = await writeCodes(file, table, codesOf(trained, own, onProgress));
      return { experiment: id, weights, adapter, file, samples, latent };
    });
  } finally {
    messages.clear();
    await close?.();
  }
}

function samplesOfImages(paths: readonly string[], found: FoundModel, messages: Messages): Sample[] {
  const read = async (indices: readonly number[]): Promise<Float32Array> => {
    const rows: Float32Array[] = [];
    for (const index of indices) rows.push((await readImage(paths[index]!, found, messages)).row);
    return concatenated(rows);
  };
  const source = { of: 1, read };
  return paths.map((path, index) => ({ name: basename(path, extname(path)), class: '', split: '', source, index }));
}

function samplesOfData({ train, trainSplit = train, test, classes }: ExperimentData, split: Split): Sample[] {
  const sets: readonly [string, Samples][] = [
    ['train', trainSplit],
    ['test', test],
  ];
  return sets
    .filter(([own]) => split === 'all' || split === own)
    .flatMap(([own, samples]) => {
      const source = { of: samples.count, read: (indices: readonly number[]) => rowsAt(samples, indices) };
      return Array.from({ length: samples.count }, (_, index) => ({
        name: 'stream' in samples ? samples.stream.names[index]! : `${own}-${index}`,
        class: classes[samples.labels[index] ?? -1] ?? '',
        split: own,
        source,
        index,
      }));
    });
}

async function* codesOf(
  trained: TrainedModel,
  samples: readonly Sample[],
  onProgress: (done: number) => void,
): AsyncGenerator<readonly CodeRow[]> {
  for (let first = 0; first < samples.length; first += AT_ONCE) {
    const some = samples.slice(first, first + AT_ONCE);
    const codes = new Map<Sample, Float32Array>();
    for (const source of new Set(some.map((sample) => sample.source))) {
      const own = some.filter((sample) => sample.source === source);
      const read = (start: number, count: number): Promise<Float32Array> => {
        onProgress(first + codes.size + start);
        return source.read(own.slice(start, start + count).map(({ index }) => index));
      };
      const all = await trained.encode({ count: own.length, read }, { of: source.of });
      own.forEach((sample, i) => {
        codes.set(sample, all.subarray(i * trained.latent, (i + 1) * trained.latent));
      });
    }
    yield some.map((sample) => ({ cells: [sample.name, sample.class, sample.split], code: codes.get(sample)! }));
  }
}
