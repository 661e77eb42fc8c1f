import * as nn from '../packages/nn/src/index.ts';
import type { Device } from '../packages/tensor/src/index.ts';
import { differenceFrom, type Expected, numbersOf, type Stored } from './evaluate.ts';

/** A model that Keras has trained for some steps; see keras_cases.py. */
export interface ModelCase {
  readonly name: string;
  readonly input: readonly number[];
  readonly layers: readonly (readonly [layer: string, ...options: never[]])[];
  readonly rate: number;
  readonly weights: readonly Stored[];
  /** One batch per step: inputs and targets. */
  readonly batches: readonly (readonly [Stored, Stored])[];
  /** The initial inference, the losses, and the final weights in Keras's order. */
  readonly expected: readonly Expected[];
}

type LayerOf = (...options: never[]) => nn.Layer;

const LAYERS: Readonly<Record<string, LayerOf>> = {
  averagePooling2d: nn.averagePooling2d,
  batchNormalization: nn.batchNormalization,
  conv2d: nn.conv2d,
  conv2dTranspose: nn.conv2dTranspose,
  dense: nn.dense,
  elu: nn.elu,
  flatten: nn.flatten,
  gelu: nn.gelu,
  layerNormalization: nn.layerNormalization,
  leakyRelu: nn.leakyRelu,
  maxPooling2d: nn.maxPooling2d,
  relu: nn.relu,
  sigmoid: nn.sigmoid,
  silu: nn.silu,
  softplus: nn.softplus,
  tanh: nn.tanh,
};

/** Makes the same steps with the project's layers and Adam. Describes the first array that is not as expected. */
export async function problemOfModel(device: Device, given: ModelCase): Promise<string | undefined> {
  const layers = given.layers.map(([name, ...options]) => LAYERS[name]!(...options));
  const model = new nn.Sequential('model', given.input, layers);
  const weights = new nn.Weights(device, [model], 0);
  const names = model.weights.map(({ name }) => name);
  const stored = names.map((name, i) => {
    const { shape } = given.weights[i]!;
    return [name, { shape, data: numbersOf(given.weights[i]!) as Float32Array }] as const;
  });
  weights.write(new Map(stored), given.name);

  const [first] = given.batches;
  const [x, y] = first!.map((array) => device.variable(numbersOf(array) as Float32Array, array.shape)) as [
    never,
    never,
  ];
  const found: Float32Array[] = [
    await model.apply(x, (name) => weights.get(name), { training: false }).data(),
    new Float32Array(given.batches.length),
  ];
  const optimizer = new nn.Optimizer(weights);
  const objective: nn.Objective = (batch, { weights: lookup, ...pass }) => ({
    loss: nn.squaredErrors(model.apply(batch, lookup, pass), y),
  });
  const plan = await device.compile({ rate: 'f32', step: 'u32', seed: 'u32' }, ({ rate, step, seed }) => {
    const gradients = nn.gradients(weights, objective, x, nn.randomDraws(device, { seed, step }, { training: true }));
    return { outputs: { loss: gradients.loss }, updates: optimizer.step(gradients, rate, step).updates };
  });
  for (const [step, batch] of given.batches.entries()) {
    for (const [i, variable] of ([x, y] as { write(values: ArrayLike<number>): void }[]).entries())
      variable.write(numbersOf(batch[i]!));
    plan.run({ rate: optimizer.rateAt(given.rate, step), step, seed: 0 });
    found[1]![step] = (await plan.read('loss'))[0]!;
  }
  plan.destroy();
  const after = await weights.read();
  found.push(...names.map((name) => after.get(name)!.data));
  const what = ['inference', 'losses', ...names];
  for (const [i, expected] of given.expected.entries()) {
    const problem = differenceFrom(found[i]!, expected);
    if (problem !== undefined) return `${what[i]}: ${problem}`;
  }
  return undefined;
}
