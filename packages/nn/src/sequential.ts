import type { Shape, Tensor } from '@hourglass/tensor';
import { ShapeError } from '@hourglass/tensor';
import type { Layer, WeightSpec } from './layer.ts';

/** A layer in its place. */
export interface PlacedLayer {
  /** Unique in its model: `conv2d`, `conv2d_1`, … */
  readonly name: string;
  readonly layer: Layer;
  readonly outputShape: Shape;
  readonly weights: readonly WeightSpec[];
}

/** Gives a model its weights, by `<model>.<layer>.<weight>`. */
export type WeightLookup = (name: string) => Tensor;

/** How {@link Sequential.apply} treats layers that behave differently in training; see {@link Pass}. */
export interface ModelPass {
  readonly training: boolean;
  /** Takes what a non-trainable weight, by full name, should move towards. Needed in training only. */
  readonly record?: (weight: string, value: Tensor) => void;
}

/** Layers one after the other, as Keras's Sequential. Shapes are checked when it is made, without the batch dimension. */
export class Sequential {
  readonly name: string;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly layers: readonly PlacedLayer[];

  /** @throws ShapeError if a layer does not fit the one before it; the message names both. */
  constructor(name: string, inputShape: Shape, layers: readonly Layer[]) {
    this.name = name;
    this.inputShape = inputShape;
    const counts = new Map<string, number>();
    let shape = inputShape;
    this.layers = layers.map((layer) => {
      const count = counts.get(layer.name) ?? 0;
      counts.set(layer.name, count + 1);
      const placed = count === 0 ? layer.name : `${layer.name}_${count}`;
      const weights = layer.weights(shape);
      const outputShape = layer.outputShape(shape);
      shape = outputShape;
      return { name: placed, layer, outputShape, weights };
    });
    this.outputShape = shape;
  }

  /** Every weight of the model under its full name, in order. */
  get weights(): readonly WeightSpec[] {
    return this.layers.flatMap(({ name, weights }) =>
      weights.map((spec) => ({ ...spec, name: `${this.name}.${name}.${spec.name}` })),
    );
  }

  /**
   * The model's output [batch, ...outputShape] for `x` [batch, ...inputShape].
   * @throws ShapeError with both shapes if `x` does not fit.
   */
  apply(x: Tensor, lookup: WeightLookup, { training, record = () => {} }: ModelPass): Tensor {
    if (x.rank !== this.inputShape.length + 1 || this.inputShape.some((extent, d) => extent !== x.shape[d + 1])) {
      throw new ShapeError(`${this.name}: takes [batch, ${this.inputShape.join(', ')}], not [${x.shape.join(', ')}].`);
    }
    return this.layers.reduce((value, { name, layer, weights }) => {
      const fullName = (weight: string): string => `${this.name}.${name}.${weight}`;
      const tensors = Object.fromEntries(weights.map((spec) => [spec.name, lookup(fullName(spec.name))]));
      return layer.apply(value, tensors, { training, record: (weight, moved) => record(fullName(weight), moved) });
    }, x);
  }
}
