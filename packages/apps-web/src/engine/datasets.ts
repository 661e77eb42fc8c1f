import {
  ecg5000,
  type FashionPart,
  fashionMnist,
  joinBeats,
  parseUcr,
  proceduralCartoons,
  proceduralEcg,
  proceduralFashion,
} from '@hourglass/datasets';
import { beatData, type DatasetId, type ExperimentData, imageData, streamedData } from '@hourglass/experiments';
import type { TestSamples } from './api.ts';
import { Downloads } from './download.ts';
import { gunzip } from './gzip.ts';

/** Height and width of cartoons in the browser, in pixels: the report's 256 take 16 times as long, and as much memory. */
export const FACE_SIZE = 64;

/** A dataset, and where it came from. */
export interface OpenDataset {
  readonly data: ExperimentData;
  readonly source: TestSamples['source'];
}

/** Data sets by the experiments' names for them: those that the visitor dropped, else those beside the page, else stand-ins. */
export class Datasets {
  private readonly hosted = new Downloads('data/');
  private readonly open = new Map<DatasetId, Promise<OpenDataset>>();

  get(id: DatasetId): Promise<OpenDataset> {
    const known = this.open.get(id);
    if (known !== undefined) return known;
    const opening = this.find(id);
    this.open.set(id, opening);
    opening.catch(() => this.open.delete(id));
    return opening;
  }

  /** Takes the visitor's own data in place of what there was. */
  set(id: DatasetId, data: ExperimentData): void {
    this.open.set(id, Promise.resolve({ data, source: 'files' }));
  }

  private async find(id: DatasetId): Promise<OpenDataset> {
    const kind = KINDS[id];
    if (await this.hosted.has(kind.marker).catch(() => false))
      return { data: await kind.host(this.hosted), source: 'hosted' };
    return { data: kind.drawStandIn(), source: 'procedural' };
  }
}

interface Kind {
  /** A file that is beside the page if the dataset is. */
  readonly marker: string;
  readonly host: (files: Downloads) => Promise<ExperimentData>;
  readonly drawStandIn: () => ExperimentData;
}

const FASHION_PARTS: Readonly<Record<FashionPart, string>> = {
  trainImages: 'train-images-idx3-ubyte.gz',
  trainLabels: 'train-labels-idx1-ubyte.gz',
  testImages: 't10k-images-idx3-ubyte.gz',
  testLabels: 't10k-labels-idx1-ubyte.gz',
};

const KINDS: Readonly<Record<DatasetId, Kind>> = {
  'fashion-mnist': {
    marker: `fashion-mnist/${FASHION_PARTS.testImages}`,
    host: async (files) => {
      const parts = Object.entries(FASHION_PARTS).map(async ([part, name]) => {
        const bytes = await gunzip(await files.get(`fashion-mnist/${name}`), name);
        return [part, { name, bytes }] as const;
      });
      const found = Object.fromEntries(await Promise.all(parts)) as Parameters<typeof fashionMnist>[0];
      return imageData(fashionMnist(found, 'download'));
    },
    drawStandIn: () => imageData(proceduralFashion()),
  },
  ecg5000: {
    marker: 'ecg5000/ECG5000_TEST.txt.gz',
    host: async (files) => {
      const parts = ['ECG5000_TRAIN.txt', 'ECG5000_TEST.txt'].map(async (name) => {
        const bytes = await gunzip(await files.get(`ecg5000/${name}.gz`), name);
        return parseUcr(new TextDecoder().decode(bytes), name);
      });
      const [train, test] = await Promise.all(parts);
      return beatData(ecg5000(joinBeats(train!, test!), 'download'));
    },
    drawStandIn: () => beatData(proceduralEcg()),
  },
  cartoonset: {
    marker: 'cartoonset-64.safetensors',
    host: () => Promise.reject(new Error('The Cartoon Set is not beside this page.')),
    drawStandIn: () => streamedData(proceduralCartoons({ size: FACE_SIZE })),
  },
};
