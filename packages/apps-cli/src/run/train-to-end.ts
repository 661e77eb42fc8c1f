import { epochLosses, type Run } from '@hourglass/experiments';
import { DivergedError } from '@hourglass/nn';
import type { Messages } from '../io/messages.ts';
import { Interrupted } from '../usage/errors.ts';
import { FigureSchedule } from './figure-schedule.ts';
import type { RunFolder } from './folder.ts';
import type { Interruption } from './interruption.ts';
import type { EpochMetrics } from './metrics-file.ts';
import type { TrainingProgress } from './progress.ts';

/** Milliseconds between two checkpoints within a long epoch. */
const CHECKPOINT_INTERVAL = 3 * 60_000;

export interface Training {
  readonly run: Run;
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
  readonly progress: TrainingProgress;
  readonly interruption: Interruption;
}

/**
 * Trains a run to its last epoch, with a checkpoint before the first step, after every epoch and every few minutes, and
 * draws the figures. Returns the state at the end.
 *
 * @throws Interrupted after saving, if an interruption was requested
 * @throws DivergedError if a loss is not finite
 */
export async function trainToEnd(training: Training): Promise<EpochMetrics> {
  const { run, folder, interruption, progress, messages } = training;
  const { trainer, settings } = run;
  const rows = [...training.rows];
  const schedule = new FigureSchedule(training.figures, settings.epochs);
  let saved = performance.now();
  const saveLast = async (): Promise<void> => {
    await folder.writeLast(await run.checkpoint());
    saved = performance.now();
  };
  const stopIfAsked = (): void => {
    if (!interruption.requested) return;
    throw new Interrupted(
      `interrupted after step ${trainer.steps}; the run is saved. Resume it with: ${training.resumeBy}`,
    );
  };

  await folder.writeMetrics(rows);
  if (trainer.steps === 0) await saveLast();
  let { position } = training;
  while (trainer.epochs < settings.epochs) {
    progress.epochBegins(trainer.epochs + 1, position);
    let metrics: Awaited<ReturnType<typeof trainer.trainEpoch>>;
    do {
      metrics = await trainer.trainEpoch({
        pause: () => interruption.requested || performance.now() - saved > CHECKPOINT_INTERVAL,
        onProgress: (state) => progress.update(state),
      });
      if (metrics === undefined) {
        await saveLast();
        stopIfAsked();
      }
    } while (metrics === undefined);

    position = 0;
    progress.validationBegins();
    const validation = await run.validate();
    const row = {
      epochs: trainer.epochs,
      steps: trainer.steps,
      ...trainer.time,
      ...epochLosses(metrics, validation),
    };
    checkFinite(row);
    const best = rows.every(({ valLoss }) => row.valLoss < valLoss);
    rows.push(row);
    progress.epochEnds(row, trainer.stepsPerEpoch);

    // The last checkpoint is written last: after a crash before that, the epoch is simply trained again.
    const checkpoint = await run.checkpoint();
    if (schedule.isDue(row.epochs, row.seconds))
      await schedule.draw(async () => folder.writeFigure(await run.progressFigure(row.epochs, validation)));
    if (best) await folder.writeBest(checkpoint);
    if (training.keepEpochs) await folder.writeEpoch(row.epochs, checkpoint);
    await folder.writeMetrics(rows);
    await folder.writeLast(checkpoint);
    saved = performance.now();
    if (trainer.epochs < settings.epochs) stopIfAsked();
  }
  if (schedule.final) {
    messages.transient('drawing the figures …');
    for (const figure of await run.finalFigures(rows)) await folder.writeFigure(figure, { withSvg: true });
  }
  return rows.at(-1)!;
}

function checkFinite({ epochs, loss, valLoss }: EpochMetrics): void {
  if (Number.isFinite(loss) && Number.isFinite(valLoss)) return;
  throw new DivergedError(
    `training diverged: after epoch ${epochs}, the loss is ${loss} and val_loss ${valLoss}. Try a smaller --lr.`,
  );
}
