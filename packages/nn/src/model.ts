import { located, type Tensor } from '@hourglass/tensor';
import type { ModelPass, Network, Sequential, WeightLookup } from './sequential.ts';

/**
 * Parts combined by a function, for networks that one {@link Sequential} can't express: skip connections, several
 * inputs or outputs, two networks. Its weights are those of its parts, under the same names, so a part can also be
 * applied on its own and belong to several models.
 *
 * @example
 * const unet = new Model('unet', [down, up, last], (x: Tensor, weights, pass) => {
 *   const small = down.apply(x, weights, pass);
 *   return last.apply(concat([x, up.apply(small, weights, pass)], -1), weights, pass);
 * });
 */
export class Model<Input = Tensor, Output = Tensor> implements Network {
  readonly name: string;
  /** Every Sequential in it, without duplicates. */
  readonly parts: readonly Sequential[];
  /**
   * Calls the function. In an objective, pass the context's `weights` as the lookup and the context itself as the pass.
   */
  readonly apply: (input: Input, weights: WeightLookup, pass: ModelPass) => Output;

  /** @throws RangeError if two parts have the same weight name: they would share the weight. */
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

/**
 * Every {@link Sequential} of the networks, without duplicates.
 * @throws RangeError if two have the same weight name, TypeError if the networks are no list
 */
export function partsOf(networks: readonly Network[]): Sequential[] {
  if (!Array.isArray(networks as unknown)) throw new TypeError(located('the models are no list; write [model].'));
  const parts = [...new Set(networks.flatMap((network) => network.parts))];
  const names = parts.flatMap(({ weights }) => weights.map(({ name }) => name));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new RangeError(located(`Two models have a weight '${twice}'; give each Sequential a different name.`));
  return parts;
}

/** The same weights as constants: gradients flow to the inputs of an operation, but not to these weights. */
export const frozen =
  (weights: WeightLookup): WeightLookup =>
  (name) =>
    weights(name).stopGradient();
