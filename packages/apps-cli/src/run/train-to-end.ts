import { Interrupted } from '../usage/errors.ts';
import type { EpochMetrics } from './metrics-file.ts';
import { isFinished, RunRecorder } from './recorder.ts';
import type { Training } from './training.ts';

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
