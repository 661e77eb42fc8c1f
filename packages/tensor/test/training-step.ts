import {
  type AdamState,
  adam,
  adamRate,
  batchNorm,
  type Device,
  grad,
  mse,
  type Plan,
  pack,
  randomNormal,
  type Tensor,
  type Variable,
} from '../src/index.ts';
import { numbers } from './check.ts';
import { evaluateNodeByNode } from './graph.ts';

/** The weights of a small denoising autoencoder, each at a multiple of 64 in one flat vector. */
const WEIGHTS = [
  { start: 0, shape: [3, 3, 1, 8] },
  { start: 128, shape: [8] },
  { start: 192, shape: [8] },
  { start: 256, shape: [8] },
  { start: 320, shape: [3, 3, 1, 8] },
  { start: 448, shape: [1] },
];
const SIZE = 512;

/** The inputs of a step. */
export interface StepKey {
  readonly rate: Tensor;
  readonly seed: Tensor;
  readonly step: Tensor;
}

export interface Network {
  readonly state: AdamState;
  readonly image: Variable;
  readonly moving: Variable;
  readonly forward: (key: Omit<StepKey, 'rate'>) => { loss: Tensor; gradient: Tensor; mean: Tensor };
}

/** Always the same weights and images. */
export function network(device: Device): Network {
  // For these, every channel has values on both sides of 0. Otherwise batch normalisation cancels the bias, its
  // gradient is only rounding error, and Adam makes full steps of that.
  const flat = numbers([SIZE], 3, [-0.3, 0.3]).data;
  const state = {
    weights: device.variable(Float32Array.from(flat)),
    m: device.variable(new Float32Array(SIZE)),
    v: device.variable(new Float32Array(SIZE)),
  };
  const views = WEIGHTS.map(({ start, shape }) => state.weights.view(start, shape));
  const [kernel, bias, gamma, beta, back, last] = views as [Variable, Variable, Variable, Variable, Variable, Variable];
  const image = device.variable(Float32Array.from(numbers([4, 9, 7, 1], 2, [0, 1]).data), [4, 9, 7, 1]);
  const moving = device.variable(new Float32Array(8));
  return {
    state,
    image,
    moving,
    forward: ({ seed, step }) => {
      const noisy = image.add(randomNormal(device, image.shape, { seed, step }).mul(0.1));
      const hidden = noisy.conv2d(kernel, { stride: 2 }).add(bias).leakyRelu();
      const { output, mean } = batchNorm(hidden, gamma.add(1), beta);
      const large = output.conv2dTranspose(back, { stride: 2 }).add(last).sigmoid();
      const loss = mse(large.slice([0, 0, 0, 0], [4, 9, 7, 1]), image);
      const starts = WEIGHTS.map(({ start }) => start);
      return { loss, gradient: pack(grad(loss, views), starts, SIZE), mean };
    },
  };
}

const MOMENTUM = 0.9;
export const valuesAt = (t: number) => ({ rate: adamRate(0.01, t), seed: 7, step: t });

export type TrainingPlan = Plan<{ rate: 'f32'; seed: 'u32'; step: 'u32' }>;

/** The training step of the network as one plan. */
export function compileStep(device: Device, { state, moving, forward }: Network): Promise<TrainingPlan> {
  return device.compile({ rate: 'f32', seed: 'u32', step: 'u32' }, ({ rate, ...key }) => {
    const { loss, gradient, mean } = forward(key);
    const moved = moving.assign(moving.mul(MOMENTUM).add(mean.mul(1 - MOMENTUM)));
    return { outputs: { loss }, updates: [adam(state, gradient, rate), moved] };
  });
}

/** The same step with each operation in its own plan. Returns the loss. */
export async function runNodeByNode(device: Device, { state, moving, forward }: Network, t: number): Promise<number> {
  const { rate, seed, step } = valuesAt(t);
  const { loss, gradient, mean } = forward({ seed: device.integers(seed), step: device.integers(step) });
  const moved = moving.mul(MOMENTUM).add(mean.mul(1 - MOMENTUM));
  await evaluateNodeByNode(device, [loss, gradient, moved]);
  moving.write(await moved.data());
  const rateTensor = device.tensor(rate);
  const update = await device.compile({}, () => ({ updates: [adam(state, gradient, rateTensor)] }));
  update.run({});
  const value = await loss.item();
  update.destroy();
  return value;
}
