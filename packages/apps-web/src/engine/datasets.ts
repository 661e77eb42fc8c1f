import { DATASETS, type Dataset, type DatasetId, hostedPath, type LoadedDataset } from '@hourglass/datasets';
import { EXPERIMENTS, type ExperimentData, experimentData, GANS, type Trainable } from '@hourglass/experiments';
import type { TestSamples } from './api.ts';
import { Downloads } from './download.ts';
import { gunzip } from './gzip.ts';
import type { Proposal } from './proposal.ts';

/** Height and width of cartoons in the browser, in pixels. The report's 256 take 16 times the time and memory. */
export const FACE_SIZE = 64;

/** A dataset and its source. */
export interface OpenDataset {
  readonly data: ExperimentData;
  readonly source: TestSamples['source'];
}

/** The experiment and the data of a training run. */
export interface TrainingTask {
  readonly experiment: Trainable;
  readonly dataset: () => Promise<OpenDataset>;
  /** Whether the data will be available on the next visit. */
  readonly keeps: boolean;
}

/** Datasets by id: the visitor's dropped files, else the files hosted with the page, else a stand-in. */
export class Datasets {
  private readonly hosted = new Downloads('data/');
  private readonly open = new Map<DatasetId, Promise<OpenDataset>>();
  private readonly own = new Set<DatasetId>();
  /** The visitor's other data, by the ids of its experiments. */
  private readonly proposals = new Map<string, Proposal>();

  get(id: DatasetId): Promise<OpenDataset> {
    const known = this.open.get(id);
    if (known !== undefined) return known;
    const opening = this.find(id);
    this.open.set(id, opening);
    opening.catch(() => this.open.delete(id));
    return opening;
  }

  /** Replaces a dataset with the visitor's own data. */
  set(id: DatasetId, data: ExperimentData): void {
    this.own.add(id);
    this.open.set(id, Promise.resolve({ data, source: 'files' }));
  }

  /** Adds the visitor's own data for the experiments on it. */
  propose(proposal: Proposal): void {
    for (const { id } of proposal.experiments) this.proposals.set(id, proposal);
  }

  /** Whether there is data for an experiment on the visitor's own data. */
  hasOwn(experiment: string): boolean {
    return this.proposals.has(experiment);
  }

  /** The data for an experiment on the visitor's own data. @throws Error if there is none */
  proposal(experiment: string): Proposal {
    const proposal = this.proposals.get(experiment);
    if (proposal === undefined)
      throw new Error(`There is no data for the experiment '${experiment}'. Drop some on the “Train” page.`);
    return proposal;
  }

  /**
   * What to train for an experiment.
   *
   * @throws Error if the experiment is on the visitor's own data, and there is none
   */
  trainable(id: string): TrainingTask {
    const experiment = EXPERIMENTS.get(id) ?? GANS.get(id);
    if (experiment !== undefined) {
      const { dataset } = experiment;
      return { experiment, dataset: () => this.get(dataset), keeps: !this.own.has(dataset) };
    }
    const { experiments, data } = this.proposal(id);
    const own = experiments.find((each) => each.id === id)!;
    return { experiment: own, dataset: async () => ({ data, source: 'files' }), keeps: false };
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
