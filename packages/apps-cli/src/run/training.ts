import type { Run } from '@hourglass/experiments';
import type { EventFile } from '../io/event-file.ts';
import type { Messages } from '../io/messages.ts';
import type { RunConfig } from './config.ts';
import type { RunFolder } from './folder.ts';
import type { Interruption } from './interruption.ts';
import type { RunLog } from './log.ts';
import type { EpochMetrics } from './metrics-file.ts';
import type { TrainingProgress } from './progress.ts';

/** A run in training, with everything that it writes to. */
export interface Training {
  readonly run: Run;
  readonly config: RunConfig;
  readonly folder: RunFolder;
  /** The command that resumes the run. */
  readonly resumeBy: string;
  /** The rows of the completed epochs. */
  readonly rows: readonly EpochMetrics[];
  /** The completed steps of the current epoch. */
  readonly position: number;
  /** Whether to keep the checkpoint of every epoch, in addition to the last and the best. */
  readonly keepEpochs: boolean;
  /** As {@link figureChoice} reads it; undefined: as many pictures as take a tenth of the training time. */
  readonly figures: string | undefined;
  readonly messages: Messages;
  readonly log: RunLog;
  /** The events for TensorBoard; undefined if none are written. */
  readonly events: EventFile | undefined;
  readonly progress: TrainingProgress;
  readonly interruption: Interruption;
}
