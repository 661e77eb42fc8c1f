import { located, type Tensor } from '@hourglass/tensor';
import type { ModelPass, Network, Sequential, WeightLookup } from './sequential.ts';

/**
 * Parts that a function of yours puts together, for what one {@link Sequential} can't say: skips, several inputs or outputs, two networks.
 * Its weights are those of its parts, under their names: a part may be applied by itself too, and stand in several models.
 *
 * @example
 * const unet = new Model('unet', [down, up, last], (x: Tensor, weights, pass) => {
 *   const small = down.apply(x, weights, pass);
 *   return last.apply(concat([x, up.apply(small, weights, pass)], -1), weights, pass);
 * });
 */
export class Model<Input = Tensor, Output = Tensor> implements Network {
  readonly name: string;
  /** Every Sequential in it, once. */
  readonly parts: readonly Sequential[];
  /** The output for `input`, each what the function takes and gives. Hand on an objective's `weights`, and its context as the pass. */
  readonly apply: (input: Input, weights: WeightLookup, pass: ModelPass) => Output;

  /** @throws RangeError if two parts have one name: they would share their weights. */
  constructor(
    name: string,
    parts: readonly Network[],
    apply: (input: Input, weights: WeightLookup, pass: ModelPass) => Output,
  ) {
    this.name = name;
    this.parts = partsOf(parts);
    this.apply = apply;
  }
}

/** Every {@link Sequential} of the networks, once. @throws RangeError if two of them have a weight of one name */
export function partsOf(networks: readonly Network[]): Sequential[] {
  const parts = [...new Set(networks.flatMap((network) => network.parts))];
  const names = parts.flatMap(({ weights }) => weights.map(({ name }) => name));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new RangeError(located(`Two models have a weight '${twice}'; give each Sequential a name of its own.`));
  return parts;
}

/** The same weights as constants: what is computed with them sends a gradient to its inputs, and none to them. */
export const frozen =
  (weights: WeightLookup): WeightLookup =>
  (name) =>
    weights(name).stopGradient();
