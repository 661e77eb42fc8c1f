import { MOMENTUM, type Sequential, Weights } from '@hourglass/nn';
import { adam, adamRate, type Device, type PlanMemory, sizeOf, type Tensor, uniformOnHost } from '@hourglass/tensor';
import type { Experiment } from './experiment.ts';

/** How long a training step takes, and what it is made of. */
export interface StepTiming {
  readonly experiment: string;
  readonly batchSize: number;
  /** Medians and extremes over the steps, from handing over to the loss being back on the host. */
  readonly milliseconds: { readonly median: number; readonly least: number; readonly most: number };
  /** Of these, the median that handing over takes. */
  readonly hostMilliseconds: number;
  /** From asking for the plan until its first step is done. */
  readonly firstStepSeconds: number;
  /** Of convolutions and dense layers: two a multiply-add, and three times the forward pass for a step. */
  readonly gigaflops: number;
  readonly dispatches: number;
  readonly memory: PlanMemory;
}

const WARM_UP = 2;
const LEAST_STEPS = 5;

/**
 * Times whole training steps, forward, loss, backward and Adam, on random samples that lie on the device; the loss is read
 * back after each, as the peers' measurements do.
 */
export async function timeSteps(
  device: Device,
  experiment: Experiment,
  batchSize: number,
  seconds: number,
): Promise<StepTiming> {
  const begun = performance.now();
  const model = experiment.build({ latent: experiment.latent });
  const weights = new Weights(device, [model.encoder, model.decoder], 0);
  const shape = [batchSize, ...model.encoder.inputShape];
  const x = device.tensor(uniformOnHost(sizeOf(shape), { seed: 0 }), shape);
  const [m, v] = [0, 1].map(() => device.variable(new Float32Array(weights.trainable.size)));
  const plan = await device.compile({ rate: 'f32', step: 'u32' }, ({ rate, step }) => {
    const moved = new Map<string, Tensor>();
    const { loss } = experiment.objective(model)(x, {
      weights: (name) => weights.get(name),
      training: true,
      record: (name, value) => moved.set(name, value),
      random: { seed: device.integers(0), step },
    });
    const optimizer = adam({ weights: weights.trainable, m: m!, v: v! }, weights.gradient(loss), rate);
    return { outputs: { loss }, updates: [optimizer, ...weights.move(moved, MOMENTUM)] };
  });

  const times: { total: number; host: number }[] = [];
  let firstStepSeconds = 0;
  const { learningRate } = experiment.presets.report;
  for (
    let step = 0, until = Number.POSITIVE_INFINITY;
    step < WARM_UP + LEAST_STEPS || performance.now() < until;
    step++
  ) {
    const start = performance.now();
    plan.run({ rate: adamRate(learningRate, step + 1), step });
    const host = performance.now() - start;
    await plan.read('loss');
    if (step === 0) firstStepSeconds = (performance.now() - begun) / 1000;
    if (step === WARM_UP - 1) until = performance.now() + seconds * 1000;
    if (step >= WARM_UP) times.push({ total: performance.now() - start, host });
  }
  const { dispatches, memory } = plan;
  plan.destroy();
  const totals = times.map(({ total }) => total).sort((a, b) => a - b);
  const hosts = times.map(({ host }) => host).sort((a, b) => a - b);
  return {
    experiment: experiment.id,
    batchSize,
    milliseconds: { median: middle(totals), least: totals[0]!, most: totals.at(-1)! },
    hostMilliseconds: middle(hosts),
    firstStepSeconds,
    gigaflops: (6 * batchSize * (multiplyAdds(model.encoder) + multiplyAdds(model.decoder))) / (middle(totals) * 1e6),
    dispatches,
    memory,
  };
}

/** Of the forward pass of one sample: a kernel is applied once for each pixel of the smaller of its two images. */
function multiplyAdds({ inputShape, layers }: Sequential): number {
  const pixels = (shape: readonly number[]): number => sizeOf(shape.slice(0, -1));
  let before = inputShape;
  let total = 0;
  for (const { weights, outputShape } of layers) {
    const kernel = weights.find(({ name }) => name === 'kernel');
    if (kernel !== undefined) total += sizeOf(kernel.shape) * Math.min(pixels(before), pixels(outputShape));
    before = outputShape;
  }
  return total;
}

const middle = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)]!;
