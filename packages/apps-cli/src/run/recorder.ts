import { epochLosses, type Run } from '@hourglass/experiments';
import { DivergedError, type Metrics } from '@hourglass/nn';
import { readWeights } from '../model/weights-files.ts';
import { type RunConfig, validationSamples } from './config.ts';
import { FigureSchedule } from './figure-schedule.ts';
import { type EpochMetrics, titledMetrics } from './metrics-file.ts';
import { modelCard } from './model-card.ts';
import type { Training } from './training.ts';

/** Milliseconds between two checkpoints within a long epoch. */
const CHECKPOINT_INTERVAL = 3 * 60_000;

/** Writes the files of a run as it trains: checkpoints, metrics and figures. */
export class RunRecorder {
  private readonly training: Training;
  private readonly schedule: FigureSchedule;
  private readonly rows: EpochMetrics[];
  private saved = performance.now();

  constructor(training: Training) {
    this.training = training;
    this.rows = [...training.rows];
    this.schedule = new FigureSchedule(training.figures, training.run.settings.epochs);
  }

  /** Whether the last checkpoint is some minutes old. */
  get checkpointDue(): boolean {
    return performance.now() - this.saved > CHECKPOINT_INTERVAL;
  }

  /** Writes the metrics so far, and for a new run the checkpoint before the first step. */
  async begin(): Promise<void> {
    await this.training.folder.writeMetrics(this.rows);
    if (this.training.run.trainer.steps === 0) await this.saveLast();
  }

  /** Writes the checkpoint to resume from. */
  async saveLast(): Promise<void> {
    await this.write(await this.training.run.checkpoint());
  }

  /**
   * Writes checkpoints, metrics and the figure of an epoch.
   * @throws DivergedError if a loss is not a finite number
   */
  async endEpoch(metrics: Metrics, validation: Metrics): Promise<void> {
    const { run, folder, messages, progress, log, events, keepEpochs } = this.training;
    const { trainer } = run;
    const losses = epochLosses(metrics, validation);
    const row = { epochs: trainer.epochs, steps: trainer.steps, ...trainer.time, ...losses };
    checkFinite(row);
    const { opponent, warning } = run.experiment;
    const best = opponent !== undefined || this.rows.every(({ valLoss }) => row.valLoss < valLoss);
    this.rows.push(row);
    progress.epochEnds(row, trainer.stepsPerEpoch);
    const warned = warning?.(metrics, validation);
    if (warned !== undefined) messages.line(warned);
    log.epoch(row);
    events?.scalars(row.epochs, titledMetrics(row));

    // `last.safetensors` is written last: after a crash before that, the epoch is simply trained again.
    const checkpoint = await run.checkpoint();
    if (this.schedule.isDue(row.epochs, row.seconds))
      await this.schedule.draw(async () => {
        const png = await folder.writeFigure(await run.progressFigure(row.epochs, validation));
        events?.picture(row.epochs, 'progress', png);
      });
    if (best) await folder.writeBest(checkpoint);
    if (keepEpochs) await folder.writeEpoch(row.epochs, checkpoint);
    await folder.writeMetrics(this.rows);
    await this.write(checkpoint);
  }

  /** Writes the model card and draws the figures of the finished run. Returns its last epoch. */
  async finish(): Promise<EpochMetrics> {
    const { run, folder, messages, config } = this.training;
    const { epochs, patience } = run.settings;
    if (run.trainer.epochs < epochs)
      messages.line(`Training ends early: the validation loss has not fallen for ${patience} epochs.`);
    await folder.writeCard(runCard(run, config, this.rows));
    if (this.schedule.final) {
      messages.transient('drawing the figures …');
      // Other commands use the weights of the best epoch, so the figures show them too.
      run.startFrom(await readWeights([folder.path], run.experiment));
      for (const figure of await run.finalFigures(this.rows)) await folder.writeFigure(figure, { withSvg: true });
    }
    return this.rows.at(-1)!;
  }

  private async write(checkpoint: Uint8Array): Promise<void> {
    await this.training.folder.writeLast(checkpoint);
    this.saved = performance.now();
  }
}

/** Whether no epoch is left, or the validation loss has not fallen for too long. */
export const isFinished = ({ trainer, settings }: Run): boolean => trainer.epochs >= settings.epochs || trainer.stopped;

/** The card of a finished run. Its numbers are those of the epoch in `best.safetensors`. */
function runCard({ experiment, trained }: Run, config: RunConfig, rows: readonly EpochMetrics[]): string {
  const best =
    experiment.opponent === undefined
      ? rows.reduce((least, row) => (row.valLoss < least.valLoss ? row : least))
      : rows.at(-1)!;
  return modelCard({
    experiment,
    config,
    model: trained.model,
    epoch: best.epochs,
    measured: `After this epoch, on ${config.dataset.train} training samples (\`loss\`) and ${validationSamples(config.dataset)}`,
    metrics: Object.fromEntries(
      Object.entries(titledMetrics(best)).map(([name, value]) => [name, value.toPrecision(4)]),
    ),
    ending: `\`best.safetensors\` has these weights. \`evaluate ${experiment.id} --weights\` with this folder measures them.`,
  });
}

function checkFinite({ epochs, loss, valLoss }: EpochMetrics): void {
  if (Number.isFinite(loss) && Number.isFinite(valLoss)) return;
  throw new DivergedError(
    `training diverged: after epoch ${epochs}, the loss is ${loss} and val_loss ${valLoss}. Try a smaller --lr.`,
  );
}
