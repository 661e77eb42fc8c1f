import {
  type ExperimentData,
  firstSamples,
  hasEncoder,
  productsOfRun,
  Run,
  rowsAt,
  type Trainable,
} from '@hourglass/experiments';
import { encodeCheckpoint, type Metrics, type Progress, type Snapshot } from '@hourglass/nn';
import { type Device, DeviceError, normalOnHost, type Product } from '@hourglass/tensor';
import type { TrainingEvent, TrainingSettings } from './api.ts';
import type { OpenDataset } from './datasets.ts';

/** The number of test samples, or of generated samples, shown during training. */
const SHOWN = 25;
/** The number of test samples for the validation after each epoch: enough for a curve, and fast. */
const VALIDATED = 1000;
/** Training between two looks at the samples lasts at least LOOK_INTERVAL ms and LOOK_SHARE times a look's duration. */
const LOOK_INTERVAL = 1000;
const LOOK_SHARE = 10;
/** Milliseconds between two snapshots that are stored. */
const KEEP_INTERVAL = 10_000;

type Looked = Pick<Extract<TrainingEvent, { type: 'samples' }>, 'inputs' | 'outputs'>;

interface Surroundings {
  /** The current device, or a new one if the last was discarded. */
  readonly device: () => Promise<Device>;
  readonly discardDevice: (device: Device) => Promise<void>;
  /** Ensures that the current device has the fastest kernels for these matrix products. */
  readonly tune: (
    products: (device: Device) => readonly Product[],
    onProgress: (done: number, total: number) => void,
  ) => Promise<void>;
  /** Awaited between two steps. */
  readonly rest: () => Promise<void>;
  readonly dataset: () => Promise<OpenDataset>;
  readonly listener: (event: TrainingEvent) => void;
  /** Stores a snapshot for a later visit; undefined if its data will be gone by then. */
  readonly keep: ((snapshot: Snapshot) => Promise<void>) | undefined;
  /** The snapshot to continue from; undefined: start at step 0. */
  readonly from: Snapshot | undefined;
}

/**
 * A training run that can pause between any two steps. At every look at the samples it keeps a snapshot on the host. If
 * the device is lost, it resumes from the snapshot with bit-identical results.
 */
export class TrainingSession {
  readonly experiment: Trainable;
  readonly settings: TrainingSettings;
  private readonly around: Surroundings;
  private current: { readonly device: Device; readonly run: Run } | undefined;
  private kept: Snapshot | undefined;
  private pausing = false;
  private active: Promise<void> = Promise.resolve();

  constructor(experiment: Trainable, settings: TrainingSettings, around: Surroundings) {
    this.experiment = experiment;
    this.settings = settings;
    this.around = around;
    this.kept = around.from;
  }

  /** Reads the data, builds the model, and sends the samples as the model reconstructs them before it trains. */
  async prepare(): Promise<void> {
    const { listener, dataset } = this.around;
    listener({ type: 'phase', phase: 'preparing' });
    await this.guarded(async () => {
      const { data, source } = await dataset();
      listener({
        type: 'data',
        name: data.id,
        source,
        train: data.train.count,
        test: Math.min(VALIDATED, data.test.count),
      });
      const { run } = await this.build();
      if (this.kept !== undefined) {
        const { step, epoch, position } = this.kept.state;
        const { stepsPerEpoch } = run.trainer;
        listener({ type: 'progress', step, epoch, position, stepsPerEpoch, samplesPerSecond: 0, metrics: {} });
      }
      await this.look(run);
      listener({ type: 'phase', phase: 'paused' });
    });
  }

  /** Trains for `steps` more steps, or until paused. Resolves when training has stopped. */
  async run(steps: number): Promise<void> {
    await this.pause();
    this.pausing = false;
    this.active = this.guarded(() => this.train(steps));
    await this.active;
  }

  /** Pauses; resolves when no step is running. */
  async pause(): Promise<void> {
    this.pausing = true;
    await this.active;
  }

  /** Steps in the last snapshot. */
  get step(): number {
    return this.kept?.state.step ?? 0;
  }

  /**
   * The last snapshot as the bytes of a checkpoint, with what inference needs besides the weights. While the run is
   * paused, the last snapshot is current.
   *
   * @throws Error if there is no snapshot yet
   */
  async checkpoint(metadata: Readonly<Record<string, string>> = {}): Promise<Uint8Array> {
    if (this.kept === undefined) throw new Error('Training has not started yet.');
    const { kept } = this;
    const own = await this.experiment.metadata?.((await this.build()).run);
    return encodeCheckpoint(kept, { 'hourglass.experiment': this.experiment.id, format: 'pt', ...own, ...metadata });
  }

  private async train(steps: number): Promise<void> {
    const { listener, tune, rest } = this.around;
    const { run } = await this.build();
    if (run.trainer.steps === 0) {
      await tune(
        (device) => productsOfRun(device, run.experiment, run.settings),
        (done, total) => listener({ type: 'phase', phase: 'tuning', message: `${done} of ${total}` }),
      );
    }
    listener({ type: 'phase', phase: 'running' });
    const { trainer } = run;
    const end = trainer.steps + steps;
    const onProgress = this.reporter(run);
    let next = performance.now() + LOOK_INTERVAL;
    let nextKeep = performance.now() + KEEP_INTERVAL;
    while (!this.pausing && trainer.steps < end) {
      const metrics = await trainer.trainEpoch({
        pause: () => this.pausing || trainer.steps >= end || performance.now() >= next,
        rest,
        onProgress,
      });
      if (metrics !== undefined) {
        const validation = await trainer.evaluate();
        listener({ type: 'epoch', step: trainer.steps, epoch: trainer.epochs, validation });
      }
      const begun = performance.now();
      await this.look(run);
      const cost = performance.now() - begun;
      next = performance.now() + Math.max(LOOK_INTERVAL, LOOK_SHARE * cost);
      if (performance.now() < nextKeep) continue;
      await this.around.keep?.(this.kept!);
      nextKeep = performance.now() + KEEP_INTERVAL;
    }
    if (trainer.steps > 0) await this.around.keep?.(this.kept!);
    listener({ type: 'phase', phase: 'paused' });
  }

  /** Sends the samples as the model makes them now, and keeps a snapshot. */
  private async look(run: Run): Promise<void> {
    const { shape } = run.data.test;
    const samples = hasEncoder(this.experiment) ? await this.reconstructed(run) : await this.generated(run);
    this.kept = await run.trainer.snapshot();
    this.around.listener({ type: 'samples', step: run.trainer.steps, shape, ...samples });
  }

  private async reconstructed({ data: { test }, trained }: Run): Promise<Looked> {
    const indices = Array.from({ length: Math.min(SHOWN, test.count) }, (_, i) => i);
    const rows = await rowsAt(test, indices);
    const inputs = this.experiment.noisyInput ? await trained.addNoise(rows) : rows;
    return { inputs, outputs: await trained.reconstruct(inputs) };
  }

  private async generated({ trained }: Run): Promise<Looked> {
    const codes = normalOnHost(SHOWN * trained.latent, { seed: this.settings.seed });
    return { inputs: undefined, outputs: await trained.decode(codes) };
  }

  /** Converts means since the start of the epoch into means since the previous report. */
  private reporter(run: Run): (progress: Progress) => void {
    const { trainer, settings, data } = run;
    const samplesAt = (position: number): number => Math.min(position * settings.batchSize, data.train.count);
    let before = { epoch: trainer.epochs, samples: 0, sums: {} as Metrics };
    const { state } = this.kept!;
    if (state.position > 0) before = { epoch: state.epoch, samples: samplesAt(state.position), sums: state.totals };
    return ({ position, stepsPerEpoch, metrics, samplesPerSecond }) => {
      const { epochs: epoch } = trainer;
      if (epoch !== before.epoch) before = { epoch, samples: 0, sums: {} };
      const samples = samplesAt(position);
      if (samples <= before.samples) return;
      const sums = Object.fromEntries(Object.entries(metrics).map(([name, mean]) => [name, mean * samples]));
      const recent = Object.fromEntries(
        Object.entries(sums).map(([name, sum]) => [
          name,
          (sum - (before.sums[name] ?? 0)) / (samples - before.samples),
        ]),
      );
      before = { epoch, samples, sums };
      const step = epoch * stepsPerEpoch + position;
      this.around.listener({
        type: 'progress',
        step,
        epoch,
        position,
        stepsPerEpoch,
        samplesPerSecond,
        metrics: recent,
      });
    };
  }

  /** The run on the current device; on a new device, restores the last snapshot. */
  private async build(): Promise<{ readonly device: Device; readonly run: Run }> {
    const device = await this.around.device();
    if (this.current?.device === device) return this.current;
    const { data } = await this.around.dataset();
    const { experiment, settings } = this;
    const { epochs } = experiment.presets.report;
    const run = new Run(device, experiment, firstValidated(data), { ...settings, preset: 'report', epochs });
    if (this.kept !== undefined) run.restore(this.kept, 'the training');
    this.current = { device, run };
    return this.current;
  }

  /** Does some work and reports failures to the visitor. A lost device loses only the steps since the last look. */
  private async guarded(work: () => Promise<void>): Promise<void> {
    const { listener, discardDevice } = this.around;
    try {
      await work();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const reason = text.charAt(0).toUpperCase() + text.slice(1);
      if (!(error instanceof DeviceError)) {
        listener({ type: 'phase', phase: 'failed', message: reason });
        return;
      }
      if (this.current !== undefined) await discardDevice(this.current.device);
      this.current = undefined;
      const kept =
        this.kept === undefined
          ? 'No step had been trained yet.'
          : `All ${this.kept.state.step} steps up to the last update of the samples are kept. Start continues from there.`;
      listener({ type: 'phase', phase: 'lost', message: `${reason} ${kept}` });
    }
  }
}

/** The data with fewer test samples. */
function firstValidated(data: ExperimentData): ExperimentData {
  return { ...data, test: firstSamples(data.test, VALIDATED) };
}
