import { concat, type Device, type Plan, type Tensor, type Variable } from '@hourglass/tensor';
import { type Batch, batchSpan, Prefetch, type Span } from './batches.ts';
import { DivergedError } from './errors.ts';
import { once } from './once.ts';
import { randomDraws } from './random.ts';
import type { Metrics } from './totals.ts';
import type { Trainer } from './trainer.ts';
import { gradients } from './training-step.ts';

/** The part of every batch that process `rank` (from 0) of `count` computes. */
export interface Share {
  readonly rank: number;
  readonly count: number;
}

const SHARE_INPUTS = { seed: 'u32', epoch: 'u32', start: 'u32', draw: 'u32' } as const;
const APPLY_INPUTS = { rate: 'f32', learningRate: 'f32', step: 'u32' } as const;

/**
 * One of several processes that train the same model together (synchronous data parallelism, as PyTorch's
 * DistributedDataParallel). Each computes the gradients of its share of a batch. The processes add up the vectors that
 * {@link gradients} returns, and each applies the same sums, so all of them have the same weights after every step. The
 * caller transports the vectors.
 *
 * The global batch is split, and each sample occurs once per epoch. Batch normalisation normalises with the statistics
 * of the share; its moving averages follow the mean statistics of all shares. Each process draws its own random
 * numbers.
 */
export class Replica<B extends Batch = Tensor> {
  private readonly trainer: Trainer<B>;
  private readonly share: Share;
  private readonly device: Device;
  private readonly sharePlans = new Map<number, Promise<Plan<typeof SHARE_INPUTS>>>();
  private readonly applyPlans = new Map<number, Promise<Plan<typeof APPLY_INPUTS>>>();
  private batches: { readonly epoch: number; readonly prefetch: Prefetch } | undefined;
  /** The layout of the vector; known once the first plan is traced. */
  private layout: Layout | undefined;
  private sums: Variable | undefined;
  private begun = 0;
  private steps = 0;

  /**
   * @throws RangeError unless the rank is below the count, and a batch has a sample for each process; or if the trainer
   *   has an opponent
   */
  constructor(trainer: Trainer<B>, share: Share) {
    const { rank, count } = share;
    const { batchSize, training, weights, opponent } = trainer.options;
    if (opponent !== undefined)
      throw new RangeError(`several processes can't train a network and its ${opponent.name}; train in one process.`);
    if (!Number.isInteger(rank) || !Number.isInteger(count) || rank < 0 || rank >= count)
      throw new RangeError(`rank ${rank} of ${count} processes does not exist; ranks count from 0.`);
    const most = Math.min(batchSize, training.count);
    if (count > most)
      throw new RangeError(`${count} processes can't share batches of ${most} samples; use at most ${most} processes.`);
    this.trainer = trainer;
    this.share = share;
    this.device = weights.device;
  }

  /** The steps made in the current epoch. */
  get position(): number {
    return this.trainer.stepsOfEpoch;
  }

  /** Whether all steps of the epoch are made, so that {@link evaluate} and {@link endEpoch} are next. */
  get epochDone(): boolean {
    return this.trainer.stepsOfEpoch === this.trainer.stepsPerEpoch;
  }

  /** The number of elements in the vectors of {@link gradients}. */
  async vectorLength(): Promise<number> {
    return (await this.knownLayout()).length;
  }

  /**
   * Computes this process's share of the next step: the gradient, the batch statistics and the losses, each summed over
   * the samples, and the number of samples. A share without samples is all zeros.
   * @throws RangeError if the epoch has no steps left
   */
  async gradients(): Promise<Float32Array> {
    this.checkStepLeft('gradients');
    this.begun = performance.now();
    const { seed } = this.trainer.options;
    const { length } = await this.knownLayout();
    const [position, step, epoch] = [this.trainer.stepsOfEpoch, this.trainer.steps, this.trainer.epochs];
    const { start, count } = this.spanAt(position);
    if (count === 0) return new Float32Array(length);
    const plan = await this.sharePlan(count);
    await this.prefetch(epoch).upload(position);
    plan.run({ seed, epoch, start, draw: step * this.share.count + this.share.rank });
    return new Float32Array(await plan.read('sums'));
  }

  /**
   * Makes the step with the sums of all processes.
   * @throws RangeError if the vector has another length, or if the epoch has no steps left
   * @throws DivergedError at the end of the epoch, if the sums of a step were not finite; the state is then that from
   *   before the step
   */
  async apply(sums: Float32Array): Promise<void> {
    this.checkStepLeft('apply');
    const { trainer, device } = this;
    const { length } = await this.knownLayout();
    if (sums.length !== length)
      throw new RangeError(`apply: the vector has ${sums.length} elements, but this model's has ${length}.`);
    const { batchSize, training } = trainer.options;
    const plan = await this.applyPlan(batchSpan(training.count, batchSize)(trainer.stepsOfEpoch).count);
    if (trainer.stepsOfEpoch === 0) trainer.totals.training.reset();
    this.sums!.write(sums);
    plan.run({ ...trainer.rates, step: trainer.steps });
    // The next share waits for this step on the GPU. Only the last step of an epoch has no successor to be timed with.
    await (trainer.stepsOfEpoch + 1 < trainer.stepsPerEpoch ? device.room() : device.finished());
    const seconds = (performance.now() - this.begun) / 1000;
    const { count: samples } = batchSpan(training.count, batchSize)(trainer.stepsOfEpoch);
    trainer.countStep(this.steps === 0 ? undefined : { samples, seconds });
    this.steps++;
    if (this.epochDone) await this.checkFinite();
  }

  /** Means over the epoch so far, of all processes. */
  metrics(): Promise<Metrics> {
    const { options, stepsOfEpoch, totals } = this.trainer;
    const { start, count } = batchSpan(options.training.count, options.batchSize)(stepsOfEpoch - 1);
    return totals.training.means(start + count);
  }

  /** Sums of the metrics over this process's share of the validation samples, in inference mode. */
  async evaluate(): Promise<Float32Array> {
    await this.trainer.addValidation(this.share);
    const sums = await this.trainer.totals.evaluation.read();
    const { losses } = await this.knownLayout();
    return Float32Array.from(losses, (name) => sums[name] ?? 0);
  }

  /**
   * Ends the epoch with the sums of all processes' {@link evaluate}, and returns its metrics.
   * @throws RangeError if the vector has another length, or if the epoch has steps left
   */
  async endEpoch(sums: Float32Array): Promise<{ readonly training: Metrics; readonly validation: Metrics }> {
    const { trainer } = this;
    const { losses } = await this.knownLayout();
    if (sums.length !== losses.length)
      throw new RangeError(`endEpoch: the vector has ${sums.length} elements, but there are ${losses.length} metrics.`);
    if (!this.epochDone)
      throw new RangeError(`endEpoch: ${trainer.stepsOfEpoch} of ${trainer.stepsPerEpoch} steps are made.`);
    const { count } = trainer.options.validation;
    const validation = Object.fromEntries(losses.map((name, i) => [name, sums[i]! / count]));
    const training = await trainer.totals.training.means(trainer.options.training.count);
    trainer.endEpoch();
    trainer.judge(validation.loss!);
    return { training, validation };
  }

  private checkStepLeft(method: string): void {
    if (this.epochDone)
      throw new RangeError(`${method}: all ${this.trainer.stepsPerEpoch} steps of the epoch are made; end it first.`);
  }

  private async checkFinite(): Promise<void> {
    const failed = await this.trainer.optimizer.failure.item();
    if (failed === 0) return;
    this.trainer.rewind(failed - 1);
    throw new DivergedError(
      `training diverged: the loss or gradient of step ${failed} (epoch ${this.trainer.epochs + 1}) is not finite. Train in one process to see the operation that fails.`,
    );
  }

  /** The samples of this process in the batch at `position`. */
  private spanAt(position: number): Span {
    const { batchSize, training } = this.trainer.options;
    const { rank, count: processes } = this.share;
    const { start, count } = batchSpan(training.count, batchSize)(position);
    const [from, to] = [rank, rank + 1].map((part) => Math.floor((Math.max(count, 0) * part) / processes));
    return { start: start + from!, count: to! - from! };
  }

  private prefetch(epoch: number): Prefetch {
    if (this.batches?.epoch !== epoch) {
      const { seed, training } = this.trainer.options;
      const prefetch = new Prefetch(training, { seed, epoch }, (position) => this.spanAt(position));
      this.batches = { epoch, prefetch };
    }
    return this.batches!.prefetch;
  }

  private async knownLayout(): Promise<Layout> {
    if (this.layout === undefined) await this.sharePlan(this.spanAt(0).count);
    return this.layout!;
  }

  private sharePlan(count: number): Promise<Plan<typeof SHARE_INPUTS>> {
    return once(this.sharePlans, count, () =>
      this.device.compile(SHARE_INPUTS, ({ seed, draw, ...position }) => {
        const { weights, objective, training } = this.trainer.options;
        const draws = randomDraws(this.device, { seed, step: draw }, { training: true });
        const batch = training.batch(count, { seed, ...position });
        const { gradient, moved, loss, parts } = gradients(weights, objective, batch, draws);
        const losses = { loss, ...parts };
        this.layout ??= new Layout(gradient.size, moved, Object.keys(losses));
        const means = [gradient, ...moved.values(), ...Object.values(losses)].map((mean) => mean.reshape([mean.size]));
        const samples = this.device.tensor([count]);
        return { outputs: { sums: concat([concat(means, 0).mul(count), samples], 0) } };
      }),
    );
  }

  private applyPlan(batchSize: number): Promise<Plan<typeof APPLY_INPUTS>> {
    return once(this.applyPlans, batchSize, () =>
      this.device.compile(APPLY_INPUTS, ({ rate, learningRate, step }) => {
        const { optimizer, totals } = this.trainer;
        const layout = this.layout!;
        this.sums ??= this.device.variable(new Float32Array(layout.length));
        const { gradient, moved, losses } = layout.means(this.sums);
        const { unless, updates } = optimizer.step({ loss: losses.loss!, gradient, moved }, rate, step, learningRate);
        return { updates: [...updates, ...totals.training.add(losses, batchSize, unless)] };
      }),
    );
  }
}

/**
 * The layout of a share's vector: the gradient, the statistics of moving averages, the losses, and the number of
 * samples.
 */
class Layout {
  readonly length: number;
  readonly losses: readonly string[];
  private readonly gradientSize: number;
  private readonly moved: readonly (readonly [name: string, shape: readonly number[], size: number])[];

  constructor(gradientSize: number, moved: ReadonlyMap<string, Tensor>, losses: readonly string[]) {
    this.gradientSize = gradientSize;
    this.moved = [...moved].map(([name, { shape, size }]) => [name, shape, size]);
    this.losses = losses;
    const statistics = this.moved.reduce((sum, [, , size]) => sum + size, 0);
    this.length = gradientSize + statistics + losses.length + 1;
  }

  /** The parts of a vector of sums, divided by its number of samples. */
  means(sums: Tensor): { gradient: Tensor; moved: Map<string, Tensor>; losses: Record<string, Tensor> } {
    const samples = sums.slice([this.length - 1], [this.length]).reshape([]);
    let at = 0;
    const next = (shape: readonly number[], size: number): Tensor => {
      const part = sums.slice([at], [at + size]).div(samples);
      at += size;
      return part.reshape(shape);
    };
    const gradient = next([this.gradientSize], this.gradientSize);
    const moved = new Map(this.moved.map(([name, shape, size]) => [name, next(shape, size)]));
    const losses = Object.fromEntries(this.losses.map((name) => [name, next([], 1)]));
    return { gradient, moved, losses };
  }
}
