import { openDevice } from '@hourglass/testing/device';
import { expectOracle, load, make, type Spec, type Stored, toleranceOf } from '@hourglass/testing/oracle';
import { expect, test } from 'vitest';
import {
  type AdamState,
  adam,
  adamRate,
  batchNorm,
  type ConvolutionOptions,
  grad,
  mae,
  mse,
  type Tensor,
} from '../../src/index.ts';

const device = await openDevice();

interface Case {
  readonly name: string;
  readonly op: string;
  readonly attrs: Attributes;
  readonly inputs?: Readonly<Record<string, Spec>>;
  readonly dy?: Spec;
  readonly inputs_literal?: Readonly<Record<string, readonly number[]>>;
  readonly dy_literal?: readonly number[];
  readonly expect: Readonly<Record<string, Stored>>;
  readonly torch_f32_max_abs_err?: Readonly<Record<string, number>>;
}

interface Attributes extends ConvolutionOptions {
  readonly alpha?: number;
  readonly eps?: number;
  readonly momentum?: number;
  readonly axes?: readonly number[];
  readonly perm?: readonly number[];
  readonly moving_mean?: Spec;
  readonly moving_var?: Spec;
}

type Inputs = Readonly<Record<string, Tensor>>;
type Outputs = { readonly y: Tensor } & Inputs;

const tensor = (spec: Spec): Tensor => device.tensor(make(spec), spec.shape);

const y = (of: (inputs: Inputs, attrs: Attributes) => Tensor) => (inputs: Inputs, attrs: Attributes) => ({
  y: of(inputs, attrs),
});

/** How the engine computes each of the oracle's operations. */
const OPERATIONS: Readonly<Record<string, (inputs: Inputs, attrs: Attributes) => Outputs>> = {
  conv2d: y(({ x, w, b }, options) => x!.conv2d(w!, options).add(b!)),
  conv2d_transpose: y(({ x, w, b }, options) => x!.conv2dTranspose(w!, options).add(b!)),
  batchnorm_train: ({ x, gamma, beta }, { eps, momentum, moving_mean, moving_var }) => {
    const { output, mean, variance } = batchNorm(x!, gamma!, beta!, eps);
    const count = x!.size / mean.size;
    const moved = (from: Tensor, to: Tensor): Tensor => from.mul(momentum!).add(to.mul(1 - momentum!));
    return {
      y: output,
      batch_mean: mean,
      batch_var: variance,
      new_moving_mean: moved(tensor(moving_mean!), mean),
      new_moving_var: moved(tensor(moving_var!), variance),
      new_moving_var_bessel: moved(tensor(moving_var!), variance.mul(count / (count - 1))),
    };
  },
  batchnorm_inference: y(({ x, gamma, beta, moving_mean, moving_var }, { eps }) =>
    x!.sub(moving_mean!).div(moving_var!.add(eps!).sqrt()).mul(gamma!).add(beta!),
  ),
  leaky_relu: y(({ x }, { alpha }) => x!.leakyRelu(alpha)),
  relu: y(({ x }) => x!.relu()),
  sigmoid: y(({ x }) => x!.sigmoid()),
  tanh: y(({ x }) => x!.tanh()),
  exp: y(({ x }) => x!.exp()),
  log: y(({ x }) => x!.log()),
  sqrt: y(({ x }) => x!.sqrt()),
  square: y(({ x }) => x!.square()),
  abs: y(({ x }) => x!.abs()),
  div: y(({ a, b }) => a!.div(b!)),
  mul: y(({ a, b }) => a!.mul(b!)),
  add: y(({ a, b }) => a!.add(b!)),
  sum: y(({ x }, { axes }) => x!.sum(axes)),
  mean: y(({ x }, { axes }) => x!.mean(axes)),
  transpose: y(({ x }, { perm }) => x!.transpose(perm)),
  matmul: y(({ a, b }) => a!.matmul(b!)),
  dense: y(({ x, w, b }) => x!.matmul(w!).add(b!)),
  mse: y(({ y_true, y_pred }) => mse(y_pred!, y_true!)),
  mae: y(({ y_true, y_pred }) => mae(y_pred!, y_true!)),
  kl: y(({ mean, logvar }) => logvar!.add(1).sub(mean!.square()).sub(logvar!.exp()).sum(1).mul(-0.5)),
  reparameterise: y(({ mean, logvar, eps }) => mean!.add(logvar!.mul(0.5).exp().mul(eps!))),
};

const { cases } = await load<{ cases: readonly Case[] }>('ops');

test.each(cases)('PyTorch: $name', async ({ op, attrs, expect: expected, torch_f32_max_abs_err: errors, ...given }) => {
  const operation = OPERATIONS[op];
  if (operation === undefined) throw new Error(`The oracle has an operation that this test doesn't know: ${op}.`);
  const inputs: Inputs = Object.fromEntries([
    ...Object.entries(given.inputs ?? {}).map(([name, spec]) => [name, tensor(spec)]),
    ...Object.entries(given.inputs_literal ?? {}).map(([name, values]) => [name, device.tensor(values)]),
  ]);
  const outputs = operation(inputs, attrs);
  const dy = given.dy === undefined ? device.tensor(given.dy_literal!) : tensor(given.dy);
  const gradients = grad(outputs.y.mul(dy).sum(), Object.values(inputs));
  const found: Inputs = {
    ...outputs,
    ...Object.fromEntries(Object.keys(inputs).map((name, i) => [`d_${name}`, gradients[i]!])),
  };
  await device.evaluate(Object.values(found));
  for (const [name, stored] of Object.entries(expected)) {
    expect(found[name]?.shape, name).toEqual(stored.shape);
    const tolerance = toleranceOf(errors?.[name] ?? 0, stored);
    expectOracle(await found[name]!.data(), stored, tolerance, name);
  }
});

interface AdamCase {
  readonly lr: number;
  readonly w: Spec;
  readonly grads: readonly Spec[];
  readonly expect: {
    readonly keras: readonly (readonly number[])[];
    readonly keras_m: number[];
    readonly keras_v: number[];
  };
}

const adamOracle = await load<{ cases: readonly AdamCase[]; beta1: number; beta2: number; epsilon: number }>('adam');

test.each(adamOracle.cases)(
  'PyTorch: Adam, rate $lr, gradients of size $grads.0.scale',
  async ({ lr, w, grads, expect: expected }) => {
    const shape = w.shape;
    const state: AdamState = {
      weights: device.variable(make(w), shape),
      m: device.variable(new Float32Array(12), shape),
      v: device.variable(new Float32Array(12), shape),
    };
    const gradient = device.variable(new Float32Array(12), shape);
    const step = await device.compile({ rate: 'f32' }, ({ rate }) => ({
      updates: [adam(state, gradient, rate, adamOracle)],
    }));
    const start = make(w);
    for (const [i, spec] of grads.entries()) {
      gradient.write(make(spec));
      step.run({ rate: adamRate(lr, i + 1, adamOracle) });
      const weights = await state.weights.data();
      // The weights are near 1 and steps near 1e-3, so that storing each weight rounds by up to 2⁻²⁵ a step.
      const data = expected.keras[i]!;
      expectOracle(weights, { shape, data }, { element: (i + 2) * 2 ** -24, l2: 1e-6 }, `weights after step ${i + 1}`);
      const moved = (to: ArrayLike<number>): number => Math.hypot(...start.map((from, k) => to[k]! - from));
      expect(Math.abs(moved(weights) / moved(data) - 1)).toBeLessThan(1e-3); // epsilon in the wrong place is off by far more
    }
    for (const [name, data] of [
      ['m', expected.keras_m],
      ['v', expected.keras_v],
    ] as const) {
      expectOracle(
        await state[name].data(),
        { shape, data },
        { element: 1e-6 * Math.max(...data.map(Math.abs)), l2: 1e-6 },
        name,
      );
    }
  },
);
