import { type Device, located, type Plan, type Tensor, type Variable } from '@hourglass/tensor';
import { type Batch, batchSpan, Prefetch } from './batches.ts';
import { checkCounts } from './check.ts';
import { divergenceOf } from './divergence.ts';
import type { DivergedError } from './errors.ts';
import { inferenceContext, meanLosses } from './objective.ts';
import { once } from './once.ts';
import { checkNames, metricsOf, type Player } from './opponent.ts';
import { Plateaus } from './plateau.ts';
import { randomDraws } from './random.ts';
import { type Metrics, Totals } from './totals.ts';
import { checkOptions, checkRate, type EpochOptions, type TrainerOptions } from './trainer-options.ts';
import { checkState, type Snapshot } from './trainer-state.ts';
import { type Gradients, gradients, Optimizer } from './training-step.ts';

const STEP_INPUTS = { rate: 'f32', learningRate: 'f32', seed: 'u32', epoch: 'u32', start: 'u32', step: 'u32' } as const;
const EVALUATION_INPUTS = { seed: 'u32', start: 'u32' } as const;
type StepPosition = { readonly [Name in 'seed' | 'epoch' | 'start' | 'step']: Tensor };
type TrainingPlan = Plan<typeof STEP_INPUTS>;
type EvaluationPlan = Plan<typeof EVALUATION_INPUTS>;

/** Milliseconds between read-backs of the metrics for the progress line. */
const PROGRESS_INTERVAL = 200;

/**
 * Trains weights on an objective, with Adam or another optimiser. The loop submits compiled steps to the GPU and waits
 * only when three are unfinished. Metrics are summed on the GPU and read back in the background. After a step with a
 * non-finite loss or gradient, neither it nor any later step changes anything on the GPU, so the state is still that
 * from before the step. (An opponent whose own loss and gradient are finite has already made this step.)
 */
export class Trainer<B extends Batch = Tensor> {
  /** Batches in an epoch; the last may be smaller. */
  readonly stepsPerEpoch: number;
  /** Time from requesting the first plan until the first step finished; undefined before that. */
  firstStepSeconds: number | undefined;
  /** @internal */
  readonly options: TrainerOptions<B>;
  /** @internal */
  readonly optimizer: Optimizer;
  /** @internal */
  readonly totals: { readonly training: Totals; readonly evaluation: Totals };
  private readonly device: Device;
  /** In the order of their steps. */
  private readonly players: readonly Player<B>[];
  private readonly plateaus: Plateaus;
  private readonly trainingPlans = new Map<number, Promise<readonly TrainingPlan[]>>();
  private readonly evaluationPlans = new Map<number, Promise<EvaluationPlan>>();
  /** The methods that have not resolved yet. */
  private readonly running = new Set<string>();
  private step = 0;
  private epoch = 0;
  private position = 0;
  private seconds = 0;
  private samples = 0;

  /**
   * @throws RangeError if a number in the options is not possible, or both networks have the same weight name; TypeError
   *   if `training` or `validation` is not a {@link BatchSource}
   */
  constructor(options: TrainerOptions<B>) {
    checkOptions(options);
    const { weights, objective, opponent, training, batchSize, learningRate, optimizer: rule, clipNorm } = options;
    this.options = options;
    this.plateaus = new Plateaus(options);
    this.device = weights.device;
    this.stepsPerEpoch = Math.ceil(training.count / batchSize);
    this.optimizer = new Optimizer(weights, { rule, clipNorm });
    this.players = [{ loss: 'loss', weights, objective, learningRate, optimizer: this.optimizer }];
    if (opponent !== undefined) {
      const { failure } = this.optimizer;
      const optimizer = new Optimizer(opponent.weights, { rule: opponent.optimizer ?? rule, clipNorm, failure });
      const rate = opponent.learningRate ?? learningRate;
      const own = { ...opponent, loss: `${opponent.name}Loss`, learningRate: rate, optimizer };
      checkNames(weights, opponent);
      this.players = [own, ...this.players];
    }
    this.totals = { training: new Totals(this.device), evaluation: new Totals(this.device) };
  }

  /** Epochs completed. */
  get epochs(): number {
    return this.epoch;
  }

  /** Optimiser steps completed. */
  get steps(): number {
    return this.step;
  }

  /** Whether `earlyStopping` asks to stop; always false without that option. */
  get stopped(): boolean {
    return this.plateaus.stopped;
  }

  /** Measured over all training steps except the first of each process. */
  get time(): { readonly seconds: number; readonly samplesPerSecond: number } {
    return { seconds: this.seconds, samplesPerSecond: this.seconds > 0 ? this.samples / this.seconds : 0 };
  }

  /**
   * Trains to the end of the epoch, or until `pause` returns true between two steps. Returns the epoch's metrics, or
   * undefined if it was paused. Another call resumes where it stopped.
   * @throws DivergedError as soon as a read-back finds a non-finite step; the state is then that from before the
   *   step, except that an opponent whose own loss was finite has moved.
   * @throws RangeError before a step whose learning rate is not finite
   * @throws Error if the previous call is still running
   */
  trainEpoch(options: EpochOptions = {}): Promise<Metrics | undefined> {
    return this.alone('trainEpoch', () => this.train(options));
  }

  /** Does the work of a method, but refuses to begin while its previous call works: both would move one position. */
  private async alone<Result>(method: 'trainEpoch' | 'evaluate', work: () => Promise<Result>): Promise<Result> {
    this.checkDone(method, method);
    this.running.add(method);
    try {
      return await work();
    } finally {
      this.running.delete(method);
    }
  }

  private checkDone(method: string, ...others: string[]): void {
    const other = others.find((name) => this.running.has(name));
    if (other !== undefined)
      throw new Error(located(`${method}: the previous ${other}() is still running; await it first.`));
  }

  private async train({
    pause = () => false,
    rest = async () => {},
    onProgress,
  }: EpochOptions): Promise<Metrics | undefined> {
    const { batchSize, seed, training } = this.options;
    if (this.position === 0) this.totals.training.reset();
    let begun = performance.now();
    // The smaller last batch needs its own kernels. Compiling them now delays no step.
    const last = training.count - (this.stepsPerEpoch - 1) * batchSize;
    await Promise.all([this.trainingPlan(Math.min(batchSize, training.count)), this.trainingPlan(last)]);
    const before = { seconds: this.seconds, samples: this.samples };
    let reported = begun;
    let reading = false;
    let failed = 0;
    const report = async (position: number): Promise<void> => {
      reading = true;
      // Both reads are submitted before the first wait, so no later step is included.
      const [failure, metrics] = await Promise.all([
        this.optimizer.failure.item(),
        this.totals.training.means(Math.min(position * batchSize, training.count)),
      ]);
      failed = failure;
      const seconds = this.seconds - before.seconds;
      const samplesPerSecond = seconds > 0 ? (this.samples - before.samples) / seconds : 0;
      onProgress?.({ position, stepsPerEpoch: this.stepsPerEpoch, metrics, samplesPerSecond });
      reading = false;
    };

    let background: Promise<void> = Promise.resolve();
    const span = batchSpan(training.count, batchSize);
    const batches = new Prefetch(training, { seed, epoch: this.epoch }, span);
    while (this.position < this.stepsPerEpoch && failed === 0 && !pause()) {
      const { start, count } = span(this.position);
      const plans = await this.trainingPlan(count);
      await batches.upload(this.position);
      // Before the first plan runs, because a rate may be refused.
      const rates = this.players.map((player) => this.ratesOf(player));
      for (const [i, plan] of plans.entries())
        plan.run({ ...rates[i]!, seed, epoch: this.epoch, start, step: this.step });
      this.step++;
      this.position++;
      if (this.firstStepSeconds === undefined) {
        await this.device.finished();
        this.firstStepSeconds = (performance.now() - begun) / 1000;
        begun = performance.now();
        continue;
      }
      this.samples += count;
      await this.device.room();
      await rest();
      const now = performance.now();
      this.seconds += (now - begun) / 1000;
      begun = now;
      if (onProgress !== undefined && !reading && now - reported >= PROGRESS_INTERVAL) {
        reported = now;
        background = report(this.position);
        background.catch(() => {}); // a failure surfaces below, where it is awaited
      }
    }
    await background;
    await this.device.finished();
    this.seconds += (performance.now() - begun) / 1000;
    failed = await this.optimizer.failure.item();
    if (failed !== 0) throw await this.divergence(failed - 1);
    if (onProgress !== undefined && this.position > 0) await report(this.position);
    if (this.position < this.stepsPerEpoch) return undefined;
    const metrics = await this.totals.training.means(training.count);
    this.endEpoch();
    return metrics;
  }

  /**
   * The metrics of the current weights on the validation samples, in inference mode. `reduceOnPlateau` and
   * `earlyStopping` judge an epoch by the first evaluation after it.
   * @throws RangeError if there are no validation samples
   * @throws Error if the previous call is still running
   */
  evaluate(): Promise<Metrics> {
    return this.alone('evaluate', async () => {
      const { epoch } = this; // training may go on meanwhile
      await this.addValidation();
      const metrics = await this.totals.evaluation.means(this.options.validation.count);
      this.judge(metrics.loss!, epoch);
      return metrics;
    });
  }

  /** @internal Sums the metrics of the validation batches `rank`, `rank + count`, … */
  async addValidation({ rank, count } = { rank: 0, count: 1 }): Promise<void> {
    const { validation, seed, batchSize, validationBatchSize = batchSize } = this.options;
    checkCounts('evaluate', { 'validation.count': validation.count });
    this.totals.evaluation.reset();
    const whole = batchSpan(validation.count, validationBatchSize);
    const span = (position: number) => whole(rank + count * position);
    const batches = new Prefetch(validation, { seed, epoch: 0 }, span);
    for (let position = 0; span(position).count > 0; position++) {
      const { start, count } = span(position);
      await batches.upload(position);
      const plan = await this.evaluationPlan(count);
      plan.run({ seed, start });
      await this.device.room();
    }
  }

  /** @internal Judges the validation loss after `epoch` epochs by the plateau rules. */
  judge(loss: number, epoch = this.epoch): void {
    this.plateaus.judge({ epoch, loss });
  }

  /** @internal The inputs of the next step that follow from the learning rate. */
  get rates(): { readonly rate: number; readonly learningRate: number } {
    return this.ratesOf(this.players.at(-1)!);
  }

  private ratesOf({ learningRate, optimizer }: Player<B>): { readonly rate: number; readonly learningRate: number } {
    const scheduled = typeof learningRate === 'number' ? learningRate : learningRate(this.step);
    checkRate(`learningRate(${this.step})`, scheduled);
    const rate = scheduled * this.plateaus.rateFactor;
    return { rate: optimizer.rateAt(rate, this.step), learningRate: rate };
  }

  /** @internal Steps completed in the current epoch. */
  get stepsOfEpoch(): number {
    return this.position;
  }

  /** @internal Counts a step that a {@link Replica} made; `timed` is undefined for its first step. */
  countStep(timed: { readonly samples: number; readonly seconds: number } | undefined): void {
    this.step++;
    this.position++;
    this.samples += timed?.samples ?? 0;
    this.seconds += timed?.seconds ?? 0;
  }

  /** @internal Sets the counters back to before `step`, which has changed nothing. */
  rewind(step: number): void {
    this.position -= this.step - step;
    this.step = step;
  }

  /** @internal Ends an epoch after its last step. */
  endEpoch(): void {
    this.epoch++;
    this.position = 0;
  }

  /** Everything that {@link restore} needs to resume exactly. */
  async snapshot(): Promise<Snapshot> {
    const { step, epoch, position, seconds, samples } = this;
    const state = { step, epoch, position, seconds, samples, ...this.recipe, ...this.plateaus.read() };
    // All reads are submitted before the first wait, so a later step changes none of them.
    const parts = this.players.flatMap(({ weights, optimizer }) => [weights.read(), optimizer.read()]);
    const [totals, ...read] = await Promise.all([this.totals.training.read(), ...parts]);
    return { tensors: new Map(read.flatMap((part) => [...part])), state: { ...state, totals } };
  }

  /** What a checkpoint must have in common with this training, besides the names and shapes of its tensors. */
  private get recipe(): { readonly stepsPerEpoch: number; readonly optimizers: readonly string[] } {
    const optimizers = this.players.map(({ optimizer: { rule } }) => `${rule.name}(${rule.moments.join(', ')})`);
    return { stepsPerEpoch: this.stepsPerEpoch, optimizers };
  }

  /**
   * Restores a snapshot. Error messages call its origin `source`.
   * @throws WeightsError if it comes from another model or optimiser, or from training with a different number of steps
   * per epoch; nothing is changed then.
   * @throws Error during {@link trainEpoch} or {@link evaluate}
   */
  restore({ state, tensors }: Snapshot, source: string): void {
    const { step } = state;
    this.checkDone('restore', 'trainEpoch', 'evaluate');
    checkState(state, this.recipe, source);
    for (const { weights, optimizer } of this.players) {
      weights.check(tensors, source);
      if (step > 0) optimizer.check(tensors, source);
    }
    for (const { weights, optimizer } of this.players) {
      if (step > 0) optimizer.write(tensors, source);
      else optimizer.reset();
      weights.write(tensors, source);
    }
    this.totals.training.write(state.totals);
    this.step = step;
    this.epoch = state.epoch;
    this.position = state.position;
    this.seconds = state.seconds;
    this.samples = state.samples;
    this.plateaus.write(state);
  }

  private trainingPlan(batchSize: number): Promise<readonly TrainingPlan[]> {
    return once(this.trainingPlans, batchSize, () =>
      Promise.all(
        this.players.map((player) =>
          this.device.compile(STEP_INPUTS, ({ rate, learningRate, ...position }) => {
            const step = this.gradients(player, batchSize, position);
            const { unless, updates } = player.optimizer.step(step, rate, position.step, learningRate);
            const sums = this.totals.training.add(metricsOf(player, step), batchSize, unless);
            return { updates: [...updates, ...sums] };
          }),
        ),
      ),
    );
  }

  private gradients({ weights, objective }: Player<B>, batchSize: number, position: StepPosition): Gradients {
    const { seed, epoch, start, step } = position;
    const draws = randomDraws(this.device, { seed, step }, { training: true });
    const batch = this.options.training.batch(batchSize, { seed, epoch, start });
    return gradients(weights, objective, batch, draws, this.lookup);
  }

  /** Finds the weights of all players. */
  private readonly lookup = (name: string): Variable => {
    const { weights } = this.players.find(({ weights }) => weights.has(name)) ?? this.options;
    return weights.get(name);
  };

  /** Rewinds to before `step`, which was not finite, and finds where it went wrong. */
  private async divergence(step: number): Promise<DivergedError> {
    const { batchSize, seed, training } = this.options;
    this.rewind(step);
    const span = batchSpan(training.count, batchSize);
    const { start, count } = span(this.position);
    await new Prefetch(training, { seed, epoch: this.epoch }, span).upload(this.position);
    const scalar = (value: number) => this.device.integers(value);
    const at = { seed: scalar(seed), epoch: scalar(this.epoch), start: scalar(start), step: scalar(step) };
    return divergenceOf(
      this.players.map((player) => this.gradients(player, count, at)),
      this.players.map(({ weights }) => weights),
      { step, epoch: this.epoch },
    );
  }

  private evaluationPlan(batchSize: number): Promise<EvaluationPlan> {
    const { validation } = this.options;
    const weights = { device: this.device, get: this.lookup };
    return once(this.evaluationPlans, batchSize, () =>
      this.device.compile(EVALUATION_INPUTS, ({ seed, start }) => {
        const epoch = this.device.integers(0);
        const batch = validation.batch(batchSize, { seed, epoch, start });
        const updates = this.players.flatMap((player) => {
          const terms = player.objective(batch, inferenceContext(weights, { seed, step: start }));
          return this.totals.evaluation.add(metricsOf(player, meanLosses(terms, batchSize)), batchSize);
        });
        return { updates };
      }),
    );
  }
}
