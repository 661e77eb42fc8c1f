import { adam, adamRate, type Device, type Tensor, type Variable } from '@hourglass/tensor';
import { expect } from 'vitest';
import {
  expectOracle,
  type Fingerprint,
  load,
  make,
  type Spec,
  type Stored,
  toleranceOf,
} from '../../tensor/test/oracles/oracle.ts';
import { type ModelPass, type Sequential, type WeightLookup, Weights } from '../src/index.ts';

// Whole models against PyTorch in float64 with Keras's semantics: forward, loss, every gradient, weights after Adam steps.

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
  readonly inputs: { readonly x: Spec; readonly eps?: Spec };
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

/** A model as a test builds it for an oracle. */
export interface OracleModel {
  readonly encoder: Sequential;
  readonly decoder: Sequential;
  /** The loss and what the oracle calls its outputs. `eps` is given for variational models. */
  readonly forward: (
    x: Tensor,
    weights: WeightLookup,
    pass: ModelPass,
    eps: Tensor | undefined,
  ) => { readonly loss: Tensor; readonly outputs: Readonly<Record<string, Tensor>> };
}

/**
 * Trains the model for three steps from the oracle's weights and holds every number against the oracle.
 *
 * @param allowed what may be off later in the training, where that is more than usual: `weights` after three steps, in steps of Adam, and
 *   `losses` from the third on, relative. A gradient that nearly cancels is rounding noise, and Adam divides it by its own size
 */
export async function checkModel(
  device: Device,
  name: string,
  build: (oracle: ModelOracle) => OracleModel,
  allowed: { readonly weights?: number; readonly losses?: number } = {},
): Promise<void> {
  const oracle = await load<ModelOracle>(name);
  const { encoder, decoder, forward } = build(oracle);
  const weights = new Weights(device, [encoder, decoder], 0);
  // The oracle's parameters come in the order in which the layers ask for theirs.
  expect(weights.trainableNames.map((own) => weights.get(own).shape)).toEqual(oracle.params.map(({ shape }) => shape));
  const own = new Map(oracle.params.map((spec, i) => [spec.name, weights.trainableNames[i]!]));
  for (const spec of oracle.params) weights.get(own.get(spec.name)!).write(make(spec));
  const x = device.tensor(make(oracle.inputs.x), oracle.inputs.x.shape);
  const eps = oracle.inputs.eps && device.tensor(make(oracle.inputs.eps), oracle.inputs.eps.shape);
  const moments = [0, 0].map(() => device.variable(new Float32Array(weights.trainable.size)));
  const [m, v] = moments as [Variable, Variable];
  const gradients = device.variable(new Float32Array(weights.trainable.size));
  const lookup = (weight: string): Tensor => weights.get(weight);

  const step = await device.compile({ rate: 'f32' }, ({ rate }) => {
    const moved = new Map<string, Tensor>();
    const pass = { training: true, record: (weight: string, value: Tensor) => void moved.set(weight, value) };
    const { loss, outputs } = forward(x, lookup, pass, eps);
    const gradient = weights.gradient(loss);
    return {
      outputs: { loss, ...outputs },
      updates: [
        gradients.assign(gradient),
        adam({ weights: weights.trainable, m, v }, gradient, rate),
        ...weights.move(moved, 0.99),
      ],
    };
  });

  const { expect: expected, torch_f32_err: errors } = oracle;
  const losses: number[] = [];
  for (let t = 1; t <= 3; t++) {
    step.run({ rate: adamRate(oracle.lr, t) });
    losses.push((await step.read('loss'))[0]!);
    if (t === 1) {
      for (const [output, stored] of Object.entries(expected.out)) {
        compare(`out ${output}`, await step.read(output), stored, errors.out[output]!);
      }
      await compareWeights('gradient of', expected.grads, errors.grads, (weight) =>
        weights.viewLike(gradients, weight),
      );
      await compareWeights('after step 1:', expected.after1, errors.after1, lookup);
    }
  }
  await compareWeights('after step 3:', expected.after3, errors.after3, lookup, (allowed.weights ?? 0) * oracle.lr);
  const after = forward(x, lookup, { training: true, record: () => {} }, eps);
  losses.push(await after.loss.item());
  losses.forEach((loss, t) => {
    // Ten times the error of PyTorch's own float32, and never less than a few units of float32's last place.
    const relative = t < 2 ? 1e-6 : Math.max(1e-6, allowed.losses ?? 0);
    const tolerance = Math.max(10 * errors.losses[t]!, relative * expected.losses[t]!);
    expect(Math.abs(loss - expected.losses[t]!), `loss of step ${t + 1}`).toBeLessThanOrEqual(tolerance);
  });

  const { moving3, inference_after3: inference } = expected;
  // Where a bias stands before a normalisation its gradient is noise, and shows in the moving means: nothing to compare there.
  if (moving3 === undefined || inference === undefined || oracle.exactly_zero_grads.length > 0) return;
  // They follow the weights: what these may have drifted, as a share of the largest.
  const share = allowed.losses ?? 0;
  const follow = (what: string, found: Float32Array, stored: Stored | Fingerprint, error: [number, number]): void => {
    const largest = 'data' in stored ? Math.max(...stored.data.map(Math.abs)) : stored.max;
    compare(what, found, stored, error, share * largest);
  };
  for (const [parameter, stored] of Object.entries(moving3.biased)) {
    const [block, statistic] = parameter.split('/') as [string, string];
    const normalization = own.get(`${block}/gamma`)!.replace('.gamma', '');
    const found = await lookup(`${normalization}.${statistic}`).data();
    follow(parameter, found, stored, errors.moving3![parameter]!);
  }
  const z = encoder.apply(x, lookup, { training: false });
  const y = decoder.apply(z, lookup, { training: false });
  await device.evaluate([z, y]);
  follow('inference z', await z.data(), inference.z!, errors.inference_after3!.z!);
  follow('inference y', await y.data(), inference.y!, errors.inference_after3!.y!);

  async function compareWeights(
    what: string,
    group: Group,
    error: Errors,
    of: (weight: string) => Tensor,
    drift = 0,
  ): Promise<void> {
    for (const [parameter, stored] of Object.entries(group)) {
      compare(`${what} ${parameter}`, await of(own.get(parameter)!).data(), stored, error[parameter]!, drift);
    }
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
