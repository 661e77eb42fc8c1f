import { gradients, Optimizer, randomDraws, type Sequential, Trainer, Weights } from '@hourglass/nn';
import {
  type Device,
  type InputTypes,
  type KernelTime,
  type Plan,
  type Product,
  productsIn,
  profile,
  randomUniform,
  sizeOf,
  type Tensor,
  type Traffic,
  uniformOnHost,
} from '@hourglass/tensor';
import { cartoonVariational } from './cartoon.ts';
import { ecg } from './ecg.ts';
import type { Experiment } from './experiment.ts';
import { fashion, fashionVariational } from './fashion.ts';
import type { Autoencoder } from './model.ts';
import { productsOfStep, type StepShape } from './products-of-step.ts';

/** The duration of one step. */
export interface StepTime {
  /** Milliseconds from submitting the step until the loss is back on the host. */
  readonly total: number;
  /** The part of these milliseconds spent on the host: writing the inputs, encoding and submitting. */
  readonly host: number;
}

/** The minimum work of any implementation of a step. */
export interface LeastWork {
  /** Only products count: two per multiply-add, and three times the forward pass for training. */
  readonly flops: number;
  /**
   * The memory traffic of a step in which each product, forward and backward, and Adam read their operands and write
   * their result once. Activations, normalisation, loss and noise are fused and cost nothing.
   */
  readonly leastTraffic: Traffic;
}

/** A workload on a device, ready to be timed step by step. Its first step has already run. */
export interface PreparedWork extends LeastWork {
  /** Time from requesting the plan until its first step finished. */
  readonly firstStepSeconds: number;
  readonly plan: Pick<Plan, 'dispatches' | 'memory' | 'bytes' | 'traffic'>;
  readonly step: () => Promise<StepTime>;
  /** Runs a step and times each kernel. */
  readonly profile: () => Promise<KernelTime[]>;
  readonly destroy: () => void;
}

/** A workload to time, in several sizes. */
export interface Work {
  readonly id: string;
  readonly name: string;
  /** The experiment that is trained; undefined for a workload without training. */
  readonly experiment?: Experiment;
  /** Samples in a batch; for the matrix product, its rows and columns. */
  readonly sizes: readonly number[];
  /** The products it computes. */
  readonly products: (device: Device, size: number) => Product[];
  readonly prepare: (device: Device, size: number) => Promise<PreparedWork>;
}

/** The workloads: training steps of four experiments, and the product of two square matrices. */
export const WORKS: readonly Work[] = [
  training('W1', fashion, [32, 128]),
  training('W2', fashionVariational, [128]),
  training('W3', cartoonVariational, [8, 32, 128]),
  training('W4', ecg, [512]),
  {
    id: 'W5',
    name: 'matmul',
    sizes: [1024, 2048, 4096],
    products: (device, n) => productsIn([squares(device, n).reduce((a, b) => a.matmul(b))]),
    prepare: prepareMatmul,
  },
];

function training(id: string, experiment: Experiment, sizes: readonly number[]): Work {
  const prepare = (device: Device, batchSize: number) => prepareTraining(device, experiment, { batchSize });
  const products = (device: Device, batchSize: number) => productsOfStep(device, experiment, { batchSize });
  return { id, name: experiment.id, experiment, sizes, products, prepare };
}

/**
 * Prepares a whole training step, as the trainer runs it (forward, loss, backward and Adam), on random samples stored
 * on the device.
 */
export async function prepareTraining(
  device: Device,
  { build, latent, objective, presets }: Experiment,
  { batchSize, size }: StepShape,
): Promise<PreparedWork> {
  const begun = performance.now();
  const model = build({ latent, size });
  const weights = new Weights(device, [model.encoder, model.decoder], 0);
  const x = randomUniform(device, [batchSize, ...model.encoder.inputShape], { seed: 0 });
  await device.evaluate([x]);
  const optimizer = new Optimizer(weights);
  const plan = await device.compile({ rate: 'f32', step: 'u32' }, ({ rate, step }) => {
    const draws = randomDraws(device, { seed: device.integers(0), step }, { training: true });
    const all = gradients(weights, objective(model), x, draws);
    return { outputs: { loss: all.loss }, updates: optimizer.step(all, rate, step).updates };
  });
  const { learningRate } = presets.report;
  return prepared(
    plan,
    'loss',
    (step) => ({ rate: optimizer.rateAt(learningRate, step), step }),
    begun,
    leastWork(model, batchSize),
  );
}

/** Training as users run it: steps are submitted without waiting for a loss, except where a progress line reads it. */
export interface PreparedTraining {
  /** Trains for this long. Resolves to milliseconds per step. */
  readonly train: (seconds: number, progressLine: boolean) => Promise<number>;
}

/** Prepares to train an experiment repeatedly on one batch stored on the device. */
export function prepareTrainer(
  device: Device,
  { build, latent, objective, presets }: Experiment,
  batchSize: number,
): PreparedTraining {
  const model = build({ latent });
  const x = device.tensor(uniformOnHost(batchSize * sizeOf(model.encoder.inputShape), { seed: 0 }), [
    batchSize,
    ...model.encoder.inputShape,
  ]);
  const endless = { count: batchSize * 2 ** 20, batch: () => x };
  const trainer = new Trainer({
    weights: new Weights(device, [model.encoder, model.decoder], 0),
    objective: objective(model),
    training: endless,
    validation: endless,
    batchSize,
    learningRate: presets.report.learningRate,
    seed: 0,
  });
  const train = async (seconds: number, progressLine: boolean) => {
    const [before, start] = [trainer.steps, performance.now()];
    const pause = () => trainer.steps > before && performance.now() > start + seconds * 1000;
    await trainer.trainEpoch({ pause, ...(progressLine ? { onProgress: () => {} } : {}) });
    return (performance.now() - start) / (trainer.steps - before);
  };
  return { train };
}

const squares = (device: Device, n: number): Tensor[] => [0, 1].map((seed) => randomUniform(device, [n, n], { seed }));

async function prepareMatmul(device: Device, n: number): Promise<PreparedWork> {
  const begun = performance.now();
  const [a, b] = squares(device, n);
  await device.evaluate([a!, b!]);
  const plan = await device.compile({}, () => ({ outputs: { corner: a!.matmul(b!).slice([0, 0], [1, 1]) } }));
  const bytes = 4 * n * n;
  return prepared(plan, 'corner', () => ({}), begun, {
    flops: 2 * n ** 3,
    leastTraffic: { read: 2 * bytes, written: bytes },
  });
}

async function prepared<Inputs extends InputTypes>(
  plan: Plan<Inputs>,
  result: string,
  valuesAt: (step: number) => Readonly<Record<keyof Inputs, number>>,
  begun: number,
  least: LeastWork,
): Promise<PreparedWork> {
  let steps = 0;
  const step = async (): Promise<StepTime> => {
    const start = performance.now();
    plan.run(valuesAt(steps++));
    const host = performance.now() - start;
    await plan.read(result);
    return { total: performance.now() - start, host };
  };
  await step();
  const firstStepSeconds = (performance.now() - begun) / 1000;
  const destroy = () => plan.destroy();
  return { firstStepSeconds, ...least, plan, step, profile: () => profile(plan, valuesAt(steps++)), destroy };
}

/** The element counts of a convolution or a dense layer, for one sample. */
interface LayerProduct {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly multiplyAdds: number;
}

/** A kernel is applied once for each pixel of the smaller of its two images. */
function products({ inputShape, layers }: Sequential): LayerProduct[] {
  const pixels = (shape: readonly number[]): number => sizeOf(shape.slice(0, -1));
  return layers.flatMap(({ weights, outputShape }, i) => {
    const kernel = weights.find(({ name }) => name === 'kernel');
    if (kernel === undefined) return [];
    const before = layers[i - 1]?.outputShape ?? inputShape;
    const size = sizeOf(kernel.shape);
    // Dense layers may be parallel, so the kernel determines the input size.
    const input = kernel.shape.length === 2 ? kernel.shape[0]! : sizeOf(before);
    const multiplyAdds = size * Math.min(pixels(before), pixels(outputShape));
    return [{ input, output: sizeOf(outputShape), kernel: size, multiplyAdds }];
  });
}

/** The minimum work of a training step on a batch. The gradient of the first layer's input is not needed. */
export function leastWork({ encoder, decoder }: Autoencoder, batchSize: number): LeastWork {
  const all = [...products(encoder), ...products(decoder)];
  const multiplyAdds = all.reduce((sum, product) => sum + product.multiplyAdds, 0);
  const moves = all.flatMap((product, i) => {
    const [input, output] = [batchSize * product.input, batchSize * product.output];
    const forward = { read: input + product.kernel, written: output };
    const inputGradient = i === 0 ? { read: 0, written: 0 } : { read: output + product.kernel, written: input };
    const weightGradient = { read: input + output, written: product.kernel };
    return [forward, inputGradient, weightGradient];
  });
  const trainable = [...encoder.weights, ...decoder.weights].filter((weight) => weight.trainable);
  const parameters = trainable.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const optimizer = { read: 4 * parameters, written: 3 * parameters };
  const bytes = (which: keyof Traffic) => 4 * [...moves, optimizer].reduce((total, move) => total + move[which], 0);
  return { flops: 6 * batchSize * multiplyAdds, leastTraffic: { read: bytes('read'), written: bytes('written') } };
}
