import type { Progress } from '@hourglass/nn';
import type { Messages } from '../io/messages.ts';
import type { EpochMetrics } from './metrics-file.ts';

const BAR_LENGTH = 20;

/** A duration as people say it: `0.4 s`, `12 s`, `2 min`, `1 h 20 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(1)} s`;
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** A rate with three digits or all before the point: `0.52`, `61.4`, `610`, `12345`. */
export function formatRate(rate: number): string {
  return rate >= 100 ? rate.toFixed() : rate.toPrecision(3);
}

/** Keras's bar: full cells, and a half one where the work is. `fraction` is from 0 to 1. */
export function progressBar(fraction: number, length = BAR_LENGTH): string {
  const halves = Math.floor(fraction * length * 2);
  const full = Math.floor(halves / 2);
  const head = halves % 2 === 1 ? '╸' : '';
  return '━'.repeat(full) + head + '─'.repeat(length - full - head.length);
}

/** The line that follows an epoch, as Keras writes it: `1250/1875 ━━━━━━━━━━━━━╸────── 12 s left · loss 0.0345 · 610 samples/s`. */
export function progressLine(progress: Progress, secondsLeft: number): string {
  const { position, stepsPerEpoch, metrics, samplesPerSecond } = progress;
  const parts = [`loss ${metrics.loss!.toFixed(4)}`];
  if (samplesPerSecond > 0) {
    if (secondsLeft >= 0.1) parts.unshift(`${formatDuration(secondsLeft)} left`);
    parts.push(`${formatRate(samplesPerSecond)} samples/s`);
  }
  return `${steps(position, stepsPerEpoch)} ${progressBar(position / stepsPerEpoch)} ${parts.join(' · ')}`;
}

const steps = (position: number, all: number): string => `${String(position).padStart(String(all).length)}/${all}`;

/** Milliseconds between two lines of one epoch where lines can't be replaced, at least. */
const PLAIN_INTERVAL = 10_000;
/** And milliseconds after which there is one even if less than a tenth of the epoch has passed. */
const PLAIN_LONGEST = 60_000;
/** Milliseconds of training before its speed says how long all will take, and steps: the first few are handed over without waiting. */
const MEASURING = 3_000;
const MEASURED_STEPS = 4;
/** What the validation of a sample costs, in training samples: measured on a software adapter; the forward pass alone is a third. */
const VALIDATION_COST = 1 / 2;

export interface ProgressOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly trainSamples: number;
  /** Validated after every epoch. */
  readonly testSamples: number;
  /** Hears once, as soon as it is known, how many samples are trained in a second. */
  readonly onSpeed: (samplesPerSecond: number) => void;
}

/** Seconds that epochs take at a speed, validation included. */
export function expectedSeconds(epochs: number, train: number, validation: number, samplesPerSecond: number): number {
  return (epochs * samplesOfEpoch(train, validation)) / samplesPerSecond;
}

/** What an epoch costs, in training samples. */
const samplesOfEpoch = (train: number, validation: number): number => train + validation * VALIDATION_COST;

/** Tells how the epochs go: a line in place on terminals, else a line now and then. */
export class TrainingProgress {
  private readonly messages: Messages;
  private readonly options: ProgressOptions;
  private begun = 0;
  /** When the first state of the epoch came, and how many steps had been made in it then. */
  private measuredFrom: { readonly time: number; readonly position: number } | undefined;
  private kernelsReady = false;
  /** When the second epoch began, the first being slowed by kernels that are made in it, and how many have ended since. */
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

  /** @param position steps of the epoch that were made before, by the run that is resumed */
  epochBegins(epoch: number, position: number): void {
    this.begun = performance.now();
    this.tellSpeedOfEpochs();
    this.lastPlain = { time: this.begun, fraction: 0 };
    const goingOn = position > 0 ? `, from its step ${position + 1}` : '';
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

  epochEnds({ loss, valLoss }: EpochMetrics, stepsPerEpoch: number): void {
    const took = formatDuration((performance.now() - this.begun) / 1000);
    const parts = [took, `loss ${loss.toFixed(4)}`, `val_loss ${valLoss.toFixed(4)}`];
    if (this.speed > 0) parts.push(`${formatRate(this.speed)} samples/s`);
    this.messages.line(`${steps(stepsPerEpoch, stepsPerEpoch)} ${progressBar(1)} ${parts.join(' · ')}`);
    if (this.secondBegan !== undefined) this.epochsSince++;
    this.firstEnded = true;
  }

  /** Whole epochs are told by the clock: of short ones, most is what comes between their steps. */
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
