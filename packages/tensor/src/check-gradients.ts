import { grad } from './autograd.ts';
import { located } from './caller.ts';
import { uniformOnHost } from './philox.ts';
import { formatShape } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** The step and the tolerance of {@link checkGradients}. */
export interface GradientCheckOptions {
  /** How far an element is moved in either direction. Default 2⁻⁷, for values near 1. */
  readonly step?: number | undefined;
  /**
   * The largest accepted error of a gradient, as a share of the tensor's largest gradient or of 1, whichever is larger.
   * Default 0.01, because float32 rounds small differences coarsely.
   */
  readonly tolerance?: number | undefined;
}

/**
 * Compares the gradients of `operation` with numeric ones. It moves every element of each input up and down, and
 * compares the change of the results with the gradient from `grad`, for a loss that weights the results at random. It
 * runs `operation` twice for each element, so use small inputs, with values where `operation` is smooth.
 * @throws Error that names the input, the element and both gradients, if a gradient is off. TypeError without inputs.
 */
export async function checkGradients(
  operation: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  { step = 2 ** -7, tolerance = 0.01 }: GradientCheckOptions = {},
): Promise<void> {
  const [first] = inputs;
  if (first === undefined) throw new TypeError(located('checkGradients: needs at least one input.'));
  const { device } = first;
  const values = await Promise.all(inputs.map((input) => input.data()));
  const variables = values.map((data, i) => device.variable(data, inputs[i]!.shape));
  let weights = new Float32Array();
  const plan = await device.compile({}, () => {
    const result = operation(...variables);
    weights = uniformOnHost(result.size, { seed: 1 }).map((value) => value + 0.5);
    const gradients = grad(result.mul(device.tensor(weights, result.shape)).sum(), variables);
    return { outputs: { result, ...Object.fromEntries(gradients.map((gradient, i) => [`gradient ${i}`, gradient])) } };
  });
  plan.run({});
  const gradients = await Promise.all(inputs.map((_, i) => plan.read(`gradient ${i}`)));
  const resultAt = async (i: number, e: number, value: number): Promise<Float32Array> => {
    const moved = values[i]!.slice();
    moved[e] = value;
    variables[i]!.write(moved);
    plan.run({});
    return plan.read('result');
  };
  try {
    for (const [i, data] of values.entries()) {
      const numeric: number[] = [];
      for (const [e, value] of data.entries()) {
        // Rounded to float32, `high` and `low` are not exactly two steps apart.
        const [high, low] = [Math.fround(value + step), Math.fround(value - step)];
        const above = await resultAt(i, e, high);
        const below = await resultAt(i, e, low);
        numeric.push(above.reduce((sum, y, k) => sum + weights[k]! * (y - below[k]!), 0) / (high - low));
      }
      variables[i]!.write(data);
      const largest = numeric.reduce((most, gradient) => Math.max(most, Math.abs(gradient)), 1);
      const wrong = numeric.findIndex(
        (gradient, e) => !(Math.abs(gradients[i]![e]! - gradient) <= tolerance * largest),
      );
      if (wrong >= 0) {
        throw new Error(
          `checkGradients: of input ${i} ${formatShape(inputs[i]!.shape)}, element ${wrong}, the gradient is ` +
            `${gradients[i]![wrong]}, but the results change by ${numeric[wrong]}.`,
        );
      }
    }
  } finally {
    plan.destroy();
  }
}
