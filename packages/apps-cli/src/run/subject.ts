import type { ExperimentData, RunSettings, Trainable } from '@hourglass/experiments';
import type { AdapterInfo } from '@hourglass/node';
import type { Messages } from '../io/messages.ts';
import type { StoredRun } from './folder.ts';
import type { ImagesSettings } from './images-settings.ts';
import type { SeriesSettings } from './series-settings.ts';
import type { TrainOptions } from './settings.ts';

/** What a run trains, and the data for it. */
export interface Loaded {
  readonly experiment: Trainable;
  readonly settings: RunSettings;
  readonly dataset: ExperimentData;
  /** The name of the samples, in the plural. */
  readonly samples: string;
  /** What was read from the user's own data. */
  readonly input?: string;
  /** How the user's own series are read. */
  readonly series?: SeriesSettings;
  /** How the user's own images are read. */
  readonly images?: ImagesSettings;
}

export interface LoadAround {
  /** The run to resume. */
  readonly stored: Pick<StoredRun, 'config' | 'snapshot'> | undefined;
  /** The kind of the adapter. */
  readonly kind: AdapterInfo['kind'];
  readonly messages: Messages;
  readonly signal: AbortSignal;
}

/** Something that a user can train. */
export interface Subject {
  readonly id: string;
  /** Checks what can be checked before anything is read or created. @throws UsageError */
  readonly check: (options: TrainOptions) => void;
  /** @throws UsageError or DataError */
  readonly load: (options: TrainOptions, around: LoadAround) => Promise<Loaded>;
}
