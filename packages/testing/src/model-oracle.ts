import {
  gradients,
  type Objective,
  type ObjectiveContext,
  Optimizer,
  type RandomDraws,
  type Sequential,
  sampleLosses,
  Weights,
} from '@hourglass/nn';
import type { Device, Tensor } from '@hourglass/tensor';
import { expect } from 'vitest';
import { expectOracle, type Fingerprint, load, make, type Spec, type Stored, toleranceOf } from './oracle.ts';

// Compares whole models with PyTorch in float64 with Keras's semantics: loss and its parts, outputs, every gradient,
// weights after Adam steps. The compared code is the code that trains.

type Group = Record<string, Stored | Fingerprint>;
type Errors = Record<string, [maxAbsolute: number, relativeL2: number]>;

export interface ModelOracle {
  readonly config: {
    readonly side: number;
    readonly c: number;
    readonly enc: [filters: number, stride: number][];
    readonly base: [size: number, channels: number];
    readonly latent: number;
    readonly dec: [filters: number, stride: number][];
    readonly last: [filters: number, stride: number];
    readonly order: 'act-bn' | 'bn-act';
    readonly alpha: number;
    readonly vae: boolean;
    readonly dims: number[];
  };
  readonly lr: number;
  /** `eps`: normal numbers for sampling codes; `u`: uniform numbers for drawing noise. */
  readonly inputs: { readonly x: Spec; readonly eps?: Spec; readonly u?: Spec };
  readonly params: readonly (Spec & { readonly name: string })[];
  readonly exactly_zero_grads: readonly string[];
  readonly expect: {
    readonly losses: number[];
    readonly out: Group;
    readonly grads: Group;
    readonly after1: Group;
    readonly after3: Group;
    readonly moving3?: { readonly biased: Group };
    readonly inference_after3?: Group;
  };
  readonly torch_f32_err: {
    readonly losses: number[];
    readonly out: Errors;
    readonly grads: Errors;
    readonly after1: Errors;
    readonly after3: Errors;
    readonly moving3?: Errors;
    readonly inference_after3?: Errors;
  };
}

/** A model in training. */
export interface OracleModel {
  readonly encoder: Sequential;
  readonly decoder: Sequential;
  readonly objective: Objective;
  /** The outputs in training, by the oracle's names. */
  readonly outputs: (x: Tensor, context: ObjectiveContext) => Readonly<Record<string, Tensor>>;
}

/** The oracle's names for the parts of a sample's loss. */
const PARTS: Readonly<Record<string, string>> = {
  reconstructionLoss: 'recon_per_sample',
  klLoss: 'kl_per_sample',
};

/** An oracle's model with its weights and inputs on a device. */
export interface LoadedOracle {
  readonly oracle: ModelOracle;
  readonly model: OracleModel;
  readonly weights: Weights;
  readonly x: Tensor;
  /** The oracle's random numbers, instead of a step's own. */
  readonly draws: RandomDraws;
}

/**
 * Reads an oracle, and puts its model, weights and inputs on a device.
 *
 * @param build builds the model for an oracle's configuration
 */
export async function loadModel(
  device: Device,
  name: string,
  build: (oracle: ModelOracle) => OracleModel,
): Promise<LoadedOracle> {
  const oracle = await load<ModelOracle>(name);
  const model = build(oracle);
  const weights = new Weights(device, [model.encoder, model.decoder], 0);
  // The oracle's parameters are in the order in which the layers request theirs.
  expect(weights.trainableNames.map((own) => weights.get(own).shape)).toEqual(oracle.params.map(({ shape }) => shape));
  oracle.params.forEach((spec, i) => {
    weights.get(weights.trainableNames[i]!).write(make(spec));
  });
  const { x, eps, u } = oracle.inputs;
  const given = (what: string, spec: Spec | undefined) => (shape: readonly number[]) => {
    if (spec === undefined) throw new Error(`the oracle ${name} has no ${what} numbers`);
    expect(shape).toEqual(spec.shape);
    return device.tensor(make(spec), spec.shape);
  };
  const draws = { uniform: given('uniform', u), normal: given('normal', eps) };
  return { oracle, model, weights, x: device.tensor(make(x), x.shape), draws };
}

/**
 * Larger tolerances for later steps, where needed: a gradient that nearly cancels is rounding noise, and Adam divides
 * it by its own size.
 */
export interface Allowed {
  /** For weights after three steps, in Adam steps. */
  readonly weights?: number;
  /** For losses from the third on, relative. */
  readonly losses?: number;
  /** For outputs and moving averages after three steps, as a share of the largest value; default `losses`. */
  readonly outputs?: number;
}

/** Trains the model for three steps from the oracle's weights and compares every number with the oracle. */
export async function checkModel(
  device: Device,
  name: string,
  build: (oracle: ModelOracle) => OracleModel,
  allowed: Allowed = {},
): Promise<void> {
  const loaded = await loadModel(device, name, build);
  const { oracle, model, weights, x, draws } = loaded;
  await checkOutputs(loaded);

  const optimizer = new Optimizer(weights);
  const packed = device.variable(new Float32Array(weights.trainable.size));
  const plan = await device.compile({ rate: 'f32', step: 'u32' }, ({ rate, step }) => {
    const all = gradients(weights, model.objective, x, draws);
    const { updates } = optimizer.step(all, rate, step);
    return { outputs: { loss: all.loss }, updates: [...updates, packed.assign(all.gradient)] };
  });
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    plan.run({ rate: optimizer.rateAt(oracle.lr, step), step });
    losses.push((await plan.read('loss'))[0]!);
    if (step > 0) continue;
    await compareWeights(loaded, 'gradient of', 'grads', (weight) => weights.viewLike(packed, weight));
    await compareWeights(loaded, 'after step 1:', 'after1');
  }
  await checkTrained(loaded, losses, allowed);
}

/** Compares the outputs of the first forward pass with the oracle, and each sample's terms if the loss has several. */
async function checkOutputs({ oracle, model, weights, x, draws }: LoadedOracle): Promise<void> {
  const { expect: expected, torch_f32_err: errors } = oracle;
  const context = { weights: (weight: string) => weights.get(weight), training: true, record: () => {}, ...draws };
  const { parts } = sampleLosses(model.objective(x, context));
  const terms = Object.entries(parts).map(([part, losses]) => [PARTS[part], losses] as const);
  const found: Record<string, Tensor> = { ...model.outputs(x, context), ...Object.fromEntries(terms) };
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected.out).sort());
  await x.device.evaluate(Object.values(found));
  for (const [output, tensor] of Object.entries(found))
    compare(`out ${output}`, await tensor.data(), expected.out[output]!, errors.out[output]!);
}

/** Compares a model after three steps, and the losses of the steps, with the oracle. */
export async function checkTrained(
  loaded: LoadedOracle,
  losses: readonly number[],
  allowed: Allowed = {},
): Promise<void> {
  const { oracle, model, weights, x, draws } = loaded;
  const { encoder, decoder, objective } = model;
  const { expect: expected, torch_f32_err: errors } = oracle;
  await compareWeights(loaded, 'after step 3:', 'after3', undefined, (allowed.weights ?? 0) * oracle.lr);
  const all = [...losses, await gradients(weights, objective, x, draws).loss.item()];
  expect(all).toHaveLength(expected.losses.length);
  all.forEach((loss, t) => {
    // Ten times the error of PyTorch's own float32, and at least a few units in float32's last place.
    const relative = t < 2 ? 1e-6 : Math.max(1e-6, allowed.losses ?? 0);
    const tolerance = Math.max(10 * errors.losses[t]!, relative * expected.losses[t]!);
    expect(Math.abs(loss - expected.losses[t]!), `loss of step ${t + 1}`).toBeLessThanOrEqual(tolerance);
  });

  const { moving3, inference_after3: inference } = expected;
  // The gradient of a bias before a normalisation is noise, which shows in the moving means: nothing to compare there.
  if (moving3 === undefined || inference === undefined || oracle.exactly_zero_grads.length > 0) return;
  // Moving averages and outputs follow the weights: allows the drift of the weights, as a share of the largest value.
  const share = allowed.outputs ?? allowed.losses ?? 0;
  const follow = (what: string, found: Float32Array, stored: Stored | Fingerprint, error: [number, number]): void => {
    const largest = 'data' in stored ? Math.max(...stored.data.map(Math.abs)) : stored.max;
    compare(what, found, stored, error, share * largest);
  };
  const lookup = (weight: string): Tensor => weights.get(weight);
  for (const [parameter, stored] of Object.entries(moving3.biased)) {
    const [block, statistic] = parameter.split('/') as [string, string];
    const normalization = ownName(loaded, `${block}/gamma`).replace('.gamma', '');
    const found = await lookup(`${normalization}.${statistic}`).data();
    follow(parameter, found, stored, errors.moving3![parameter]!);
  }
  const z = encoder.apply(x, lookup, { training: false });
  const y = decoder.apply(z, lookup, { training: false });
  await x.device.evaluate([z, y]);
  follow('inference z', await z.data(), inference.z!, errors.inference_after3!.z!);
  follow('inference y', await y.data(), inference.y!, errors.inference_after3!.y!);
}

/** This model's name for the weight that the oracle calls `parameter`. */
function ownName({ oracle, weights }: LoadedOracle, parameter: string): string {
  return weights.trainableNames[oracle.params.findIndex(({ name }) => name === parameter)]!;
}

async function compareWeights(
  loaded: LoadedOracle,
  what: string,
  group: 'grads' | 'after1' | 'after3',
  of = (weight: string): Tensor => loaded.weights.get(weight),
  drift = 0,
): Promise<void> {
  const { expect: expected, torch_f32_err: errors } = loaded.oracle;
  for (const [parameter, stored] of Object.entries(expected[group])) {
    const found = await of(ownName(loaded, parameter)).data();
    compare(`${what} ${parameter}`, found, stored, errors[group][parameter]!, drift);
  }
}

function compare(
  what: string,
  found: Float32Array,
  stored: Stored | Fingerprint,
  error: [number, number],
  drift = 0,
): void {
  const { element, l2 } = toleranceOf(error, stored);
  const norm = 'data' in stored ? Math.hypot(...stored.data) : stored.l2;
  const drifted = (drift * Math.sqrt(found.length)) / norm;
  expectOracle(found, stored, { element: Math.max(element, drift), l2: Math.max(l2!, drifted) }, what);
}
