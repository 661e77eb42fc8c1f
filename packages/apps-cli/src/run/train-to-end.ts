import type { Run } from '@hourglass/experiments';
import type { EventFile } from '../io/event-file.ts';
import type { Messages } from '../io/messages.ts';
import { Interrupted } from '../usage/errors.ts';
import type { RunConfig } from './config.ts';
import type { RunFolder } from './folder.ts';
import type { Interruption } from './interruption.ts';
import type { RunLog } from './log.ts';
import type { EpochMetrics } from './metrics-file.ts';
import type { TrainingProgress } from './progress.ts';
import { isFinished, RunRecorder } from './recorder.ts';

export interface Training {
  readonly run: Run;
  readonly config: RunConfig;
  readonly folder: RunFolder;
  /** The command that resumes it. */
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
  /** For TensorBoard. */
  readonly events: EventFile | undefined;
  readonly progress: TrainingProgress;
  readonly interruption: Interruption;
}

/**
 * Trains a run to its last epoch, with a checkpoint before the first step, after every epoch and every few minutes, and
 * draws the figures. Returns the metrics of the last epoch.
 *
 * @throws Interrupted after saving, if an interruption was requested
 * @throws DivergedError if a loss is not finite
 */
export async function trainToEnd(training: Training): Promise<EpochMetrics> {
  const { run, interruption, progress, log } = training;
  const { trainer } = run;
  const recorder = new RunRecorder(training);
  const stopIfAsked = (): void => {
    if (!interruption.requested) return;
    throw new Interrupted(
      `interrupted after step ${trainer.steps}; the run is saved. Resume it with: ${training.resumeBy}`,
    );
  };

  await recorder.begin();
  let { position } = training;
  while (!isFinished(run)) {
    progress.epochBegins(trainer.epochs + 1, position);
    let metrics: Awaited<ReturnType<typeof trainer.trainEpoch>>;
    do {
      metrics = await trainer.trainEpoch({
        pause: () => interruption.requested || recorder.checkpointDue,
        onProgress: (state) => {
          progress.update(state);
          log.progress(trainer.epochs + 1, state);
        },
      });
      if (metrics === undefined) {
        await recorder.saveLast();
        stopIfAsked();
      }
    } while (metrics === undefined);

    position = 0;
    progress.validationBegins();
    await recorder.endEpoch(metrics, await run.validate());
    if (!isFinished(run)) stopIfAsked();
  }
  return recorder.finish();
}
