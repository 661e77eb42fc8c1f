import { DATASETS, type Dataset, type DatasetId, hostedPath, type LoadedDataset } from '@hourglass/datasets';
import { type ExperimentData, experimentData } from '@hourglass/experiments';
import type { TestSamples } from './api.ts';
import { Downloads } from './download.ts';
import { gunzip } from './gzip.ts';

/** Height and width of cartoons in the browser, in pixels. The report's 256 take 16 times the time and memory. */
export const FACE_SIZE = 64;

/** A dataset and its source. */
export interface OpenDataset {
  readonly data: ExperimentData;
  readonly source: TestSamples['source'];
}

/** Datasets by id: the visitor's dropped files, else the files hosted with the page, else a stand-in. */
export class Datasets {
  private readonly hosted = new Downloads('data/');
  private readonly open = new Map<DatasetId, Promise<OpenDataset>>();
  private readonly own = new Set<DatasetId>();

  get(id: DatasetId): Promise<OpenDataset> {
    const known = this.open.get(id);
    if (known !== undefined) return known;
    const opening = this.find(id);
    this.open.set(id, opening);
    opening.catch(() => this.open.delete(id));
    return opening;
  }

  /** Whether a dataset is the visitor's own data. */
  isOwn(id: DatasetId): boolean {
    return this.own.has(id);
  }

  /** Replaces a dataset with the visitor's own data. */
  set(id: DatasetId, data: ExperimentData): void {
    this.own.add(id);
    this.open.set(id, Promise.resolve({ data, source: 'files' }));
  }

  private async find(id: DatasetId): Promise<OpenDataset> {
    const hosted = await this.readHosted(id);
    if (hosted !== undefined) return { data: experimentData(hosted), source: 'hosted' };
    return { data: experimentData(DATASETS[id].drawStandIn({ imageSize: FACE_SIZE })), source: 'procedural' };
  }

  /** The dataset hosted with the page; undefined if there is none. */
  private async readHosted(id: DatasetId): Promise<LoadedDataset | undefined> {
    const { hosted }: Dataset = DATASETS[id];
    const paths = hosted?.files.map((file) => hostedPath(id, file)) ?? [];
    const there = await Promise.all(paths.map((path) => this.hosted.has(path)));
    if (hosted === undefined || there.includes(false)) return undefined;
    const contents = paths.map(async (path) => ({
      name: path,
      bytes: await gunzip(await this.hosted.get(path), path),
    }));
    return hosted.read(await Promise.all(contents));
  }
}
