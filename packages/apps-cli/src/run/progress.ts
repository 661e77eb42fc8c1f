import type { Progress } from '@hourglass/nn';
import type { Messages } from '../io/messages.ts';
import type { EpochMetrics } from './metrics-file.ts';

const BAR_LENGTH = 20;

/** A readable duration: `0.4 s`, `12 s`, `2 min`, `1 h 20 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(1)} s`;
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** A rate with three digits, or all digits before the point: `0.52`, `61.4`, `610`, `12345`. */
export function formatRate(rate: number): string {
  return rate >= 100 ? rate.toFixed() : rate.toPrecision(3);
}

/** A bar like that of Keras: full cells, and perhaps a half one at the current position. `fraction` is from 0 to 1. */
export function progressBar(fraction: number, length = BAR_LENGTH): string {
  const halves = Math.floor(fraction * length * 2);
  const full = Math.floor(halves / 2);
  const head = halves % 2 === 1 ? '╸' : '';
  return '━'.repeat(full) + head + '─'.repeat(length - full - head.length);
}

/**
 * The progress line of an epoch, in the style of Keras: `1250/1875 ━━━━━━━━━━━━━╸────── 12 s left · loss 0.0345 · 610
 * samples/s`.
 */
export function progressLine(progress: Progress, secondsLeft: number): string {
  const { position, stepsPerEpoch, metrics, samplesPerSecond } = progress;
  const parts = [`loss ${metrics.loss!.toFixed(4)}`];
  if (metrics.discriminatorLoss !== undefined) parts.push(`discriminator ${metrics.discriminatorLoss.toFixed(4)}`);
  if (samplesPerSecond > 0) {
    if (secondsLeft >= 0.1) parts.unshift(`${formatDuration(secondsLeft)} left`);
    parts.push(`${formatRate(samplesPerSecond)} samples/s`);
  }
  return `${steps(position, stepsPerEpoch)} ${progressBar(position / stepsPerEpoch)} ${parts.join(' · ')}`;
}

const steps = (position: number, all: number): string => `${String(position).padStart(String(all).length)}/${all}`;

/** The minimum milliseconds between two lines of one epoch if lines can't be replaced. */
const PLAIN_INTERVAL = 10_000;
/** Milliseconds after which there is a line even if less than a tenth of the epoch has passed. */
const PLAIN_LONGEST = 60_000;
/**
 * Milliseconds and steps of training before its speed is used to estimate the total time: the first few steps are
 * submitted without waiting.
 */
const MEASURING = 3_000;
const MEASURED_STEPS = 4;
/**
 * The time to validate a sample, relative to training on it, measured on a software adapter; the forward pass alone is
 * a third.
 */
const VALIDATION_COST = 1 / 2;

export interface ProgressOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly trainSamples: number;
  /** The samples that are validated after every epoch. */
  readonly testSamples: number;
  /** Called once with the number of samples per second, as soon as it is known. */
  readonly onSpeed: (samplesPerSecond: number) => void;
}

/** The seconds that epochs take at a speed, including validation. */
export function expectedSeconds(epochs: number, train: number, validation: number, samplesPerSecond: number): number {
  return (epochs * samplesOfEpoch(train, validation)) / samplesPerSecond;
}

/** The cost of an epoch, in training samples. */
const samplesOfEpoch = (train: number, validation: number): number => train + validation * VALIDATION_COST;

/** Shows the progress of the epochs: on terminals in one line that is replaced, otherwise with a line now and then. */
export class TrainingProgress {
  private readonly messages: Messages;
  private readonly options: ProgressOptions;
  private begun = 0;
  /** The time of the epoch's first report, and the number of its steps done by then. */
  private measuredFrom: { readonly time: number; readonly position: number } | undefined;
  private kernelsReady = false;
  /**
   * The start of the second epoch (the first is slowed by the creation of kernels), and the number of epochs that have
   * ended since.
   */
  private secondBegan: number | undefined;
  private firstEnded = false;
  private epochsSince = 0;
  private lastPlain = { time: 0, fraction: 0 };
  private speed = 0;
  private speedTold = false;

  constructor(messages: Messages, options: ProgressOptions) {
    this.messages = messages;
    this.options = options;
  }

  /** @param position the steps of the epoch that the resumed run had already done */
  epochBegins(epoch: number, position: number): void {
    this.begun = performance.now();
    this.tellSpeedOfEpochs();
    this.lastPlain = { time: this.begun, fraction: 0 };
    const goingOn = position > 0 ? `, from step ${position + 1}` : '';
    this.messages.line(`Epoch ${epoch}/${this.options.epochs}${goingOn}`);
    this.measuredFrom = undefined;
    if (!this.kernelsReady) this.messages.transient('preparing the kernels …');
  }

  update(progress: Progress): void {
    const { trainSamples, batchSize } = this.options;
    const { position, stepsPerEpoch, samplesPerSecond } = progress;
    const now = performance.now();
    if (!this.kernelsReady && !this.messages.live) this.messages.line('The kernels are ready.');
    this.kernelsReady = true;
    this.measuredFrom ??= { time: now, position };
    this.speed = samplesPerSecond;
    const measured = { time: now - this.measuredFrom.time, steps: position - this.measuredFrom.position };
    if (measured.time >= MEASURING && measured.steps >= MEASURED_STEPS)
      this.tellSpeed((measured.steps * batchSize * 1000) / measured.time);
    const left = Math.max(0, trainSamples - position * batchSize) / samplesPerSecond;
    const line = progressLine(progress, left);
    if (this.messages.live) {
      this.messages.transient(line);
      return;
    }
    const fraction = position / stepsPerEpoch;
    const since = now - this.lastPlain.time;
    const due = since >= PLAIN_LONGEST || (since >= PLAIN_INTERVAL && fraction - this.lastPlain.fraction >= 0.1);
    if (!due || position === stepsPerEpoch) return;
    this.lastPlain = { time: now, fraction };
    this.messages.line(line);
  }

  validationBegins(): void {
    this.messages.transient('validating …');
  }

  epochEnds({ loss, valLoss, discriminatorLoss, diversity }: EpochMetrics, stepsPerEpoch: number): void {
    const took = formatDuration((performance.now() - this.begun) / 1000);
    const parts = [took, `loss ${loss.toFixed(4)}`, `val_loss ${valLoss.toFixed(4)}`];
    if (discriminatorLoss !== undefined) parts.push(`discriminator ${discriminatorLoss.toFixed(4)}`);
    if (diversity !== undefined) parts.push(`diversity ${diversity.toFixed(2)}`);
    if (this.speed > 0) parts.push(`${formatRate(this.speed)} samples/s`);
    this.messages.line(`${steps(stepsPerEpoch, stepsPerEpoch)} ${progressBar(1)} ${parts.join(' · ')}`);
    if (this.secondBegan !== undefined) this.epochsSince++;
    this.firstEnded = true;
  }

  /** Measures whole epochs by the clock: in short epochs, most of the time is between the steps. */
  private tellSpeedOfEpochs(): void {
    const { trainSamples, testSamples } = this.options;
    if (this.firstEnded) this.secondBegan ??= this.begun;
    if (this.secondBegan === undefined) return;
    const elapsed = this.begun - this.secondBegan;
    const samples = this.epochsSince * samplesOfEpoch(trainSamples, testSamples);
    if (elapsed >= MEASURING) this.tellSpeed((samples * 1000) / elapsed);
  }

  private tellSpeed(samplesPerSecond: number): void {
    if (this.speedTold) return;
    this.speedTold = true;
    this.options.onSpeed(samplesPerSecond);
  }
}
