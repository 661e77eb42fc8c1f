import { epochLosses, type Run } from '@hourglass/experiments';
import { DivergedError } from '@hourglass/nn';
import type { Messages } from '../io/messages.ts';
import { Interrupted } from '../usage/errors.ts';
import { FigureSchedule } from './figure-schedule.ts';
import type { RunFolder } from './folder.ts';
import type { Interruption } from './interruption.ts';
import type { RunLog } from './log.ts';
import type { EpochMetrics } from './metrics-file.ts';
import type { TrainingProgress } from './progress.ts';

/** Milliseconds between two checkpoints in a long epoch. */
const CHECKPOINT_INTERVAL = 3 * 60_000;

export interface Training {
  readonly run: Run;
  readonly folder: RunFolder;
  /** The command that goes on with it. */
  readonly resumeBy: string;
  /** The rows of the epochs that are behind the run. */
  readonly rows: readonly EpochMetrics[];
  /** Steps of the epoch under way that are behind it. */
  readonly position: number;
  /** Keep the checkpoint of every epoch, besides the last and the best. */
  readonly keepEpochs: boolean;
  /** As {@link figureChoice} reads it; undefined: as many pictures as take a tenth of the training time. */
  readonly figures: string | undefined;
  readonly messages: Messages;
  readonly log: RunLog;
  readonly progress: TrainingProgress;
  readonly interruption: Interruption;
}

/**
 * Trains a run to its epochs, with a checkpoint before the first step, after every epoch and every few minutes, and draws
 * the figures. Returns where it stands at the end.
 *
 * @throws Interrupted after saving, if that was asked for
 * @throws DivergedError if a loss is no number
 */
export async function trainToEnd(training: Training): Promise<EpochMetrics> {
  const { run, folder, interruption, progress, messages, log } = training;
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
    throw new Interrupted(`interrupted after step ${trainer.steps}, and saved. Go on with: ${training.resumeBy}`);
  };

  await folder.writeMetrics(rows);
  if (trainer.steps === 0) await saveLast();
  let { position } = training;
  while (trainer.epochs < settings.epochs && !trainer.stopped) {
    progress.epochBegins(trainer.epochs + 1, position);
    let metrics: Awaited<ReturnType<typeof trainer.trainEpoch>>;
    do {
      metrics = await trainer.trainEpoch({
        pause: () => interruption.requested || performance.now() - saved > CHECKPOINT_INTERVAL,
        onProgress: (state) => {
          progress.update(state);
          log.progress(trainer.epochs + 1, state);
        },
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
    log.epoch(row);

    // The last checkpoint comes last: after a crash on the way there, the epoch is simply trained again.
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
  if (trainer.epochs < settings.epochs)
    messages.line(`The training ends early: for ${settings.patience} epochs the validation loss has not fallen.`);
  if (schedule.final) {
    messages.transient('drawing the figures …');
    for (const figure of await run.finalFigures(rows)) await folder.writeFigure(figure, { withSvg: true });
  }
  return rows.at(-1)!;
}

function checkFinite({ epochs, loss, valLoss }: EpochMetrics): void {
  if (Number.isFinite(loss) && Number.isFinite(valLoss)) return;
  throw new DivergedError(
    `the training has diverged: after epoch ${epochs} the loss is ${loss} and val_loss ${valLoss}. Try a smaller --lr.`,
  );
}
