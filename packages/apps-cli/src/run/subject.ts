import type { ExperimentData, RunSettings, Trainable } from '@hourglass/experiments';
import type { AdapterInfo } from '@hourglass/node';
import type { Messages } from '../io/messages.ts';
import type { StoredRun } from './folder.ts';
import type { ImagesSettings } from './images-settings.ts';
import type { SeriesSettings } from './series-settings.ts';
import type { TrainOptions } from './settings.ts';

/** What a run trains, and on what. */
export interface Loaded {
  readonly experiment: Trainable;
  readonly settings: RunSettings;
  readonly dataset: ExperimentData;
  /** What a sample is called, in the plural. */
  readonly samples: string;
  /** How one's own series are read. */
  readonly series?: SeriesSettings;
  /** How one's own images are read. */
  readonly images?: ImagesSettings;
}

export interface LoadAround {
  readonly stored: StoredRun | undefined;
  /** Of the adapter. */
  readonly kind: AdapterInfo['kind'];
  readonly messages: Messages;
  readonly signal: AbortSignal;
}

/** What a user names to be trained. */
export interface Subject {
  readonly id: string;
  /** Checks what can be checked before anything is read or made. @throws UsageError */
  readonly check: (options: TrainOptions) => void;
  /** @throws UsageError or DataError */
  readonly load: (options: TrainOptions, around: LoadAround) => Promise<Loaded>;
}
