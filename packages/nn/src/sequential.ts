import { concat, located, type Shape, ShapeError, type Tensor } from '@hourglass/tensor';
import type { Layer, WeightSpec } from './layer.ts';
import type { RandomDraws } from './random.ts';

/** A layer in its place in a model. */
export interface PlacedLayer {
  /** Unique in its model: `conv2d`, `conv2d_1`, … */
  readonly name: string;
  readonly layer: Layer;
  readonly outputShape: Shape;
  readonly weights: readonly WeightSpec[];
}

/** Returns a model's weight by its full name, `<model>.<layer>.<weight>`. */
export type WeightLookup = (name: string) => Tensor;

/**
 * How {@link Sequential.apply} treats layers that behave differently in training; see {@link Pass}. Random numbers are
 * needed only in training, by layers that draw them.
 */
export interface ModelPass extends Partial<RandomDraws> {
  readonly training: boolean;
  /** Receives the value that a non-trainable weight, by full name, moves towards. Needed only in training. */
  readonly record?: ((weight: string, value: Tensor) => void) | undefined;
}

/** A network with named weights: a {@link Sequential}, or a {@link Model} of several. */
export interface Network {
  readonly name: string;
  /** Every Sequential in it, without duplicates. */
  readonly parts: readonly Sequential[];
}

/**
 * Layers in sequence, like Keras's Sequential. A nested list contains parallel layers: all take the same input, and
 * their outputs are concatenated along the last dimension. Shapes exclude the batch dimension.
 */
export class Sequential implements Network {
  readonly name: string;
  /** The input shape, without the batch dimension. */
  readonly inputShape: Shape;
  /** The output shape, without the batch dimension. */
  readonly outputShape: Shape;
  /** All layers in order, including each parallel layer. */
  readonly layers: readonly PlacedLayer[];
  /** The layers in order, with parallel layers grouped: one stage is one layer, or several parallel ones. */
  readonly stages: readonly (readonly PlacedLayer[])[];

  /**
   * @throws ShapeError if a layer does not fit the shape before it, or parallel layers do not fit together; the message
   *   names the shapes. TypeError if something else is among the layers
   */
  constructor(name: string, inputShape: Shape, layers: readonly (Layer | readonly Layer[])[]) {
    this.name = name;
    this.inputShape = inputShape;
    const counts = new Map<string, number>();
    let shape = inputShape;
    this.stages = layers.map((stage) => {
      const placed = [stage].flat().map((layer) => {
        if (typeof layer?.outputShape !== 'function')
          throw new TypeError(located(`${name}: a layer is of type ${typeof layer}; call layers, as in relu().`));
        const count = counts.get(layer.name) ?? 0;
        counts.set(layer.name, count + 1);
        const own = count === 0 ? layer.name : `${layer.name}_${count}`;
        return { name: own, layer, weights: layer.weights(shape), outputShape: layer.outputShape(shape) };
      });
      shape = joined(name, placed);
      return placed;
    });
    this.layers = this.stages.flat();
    this.outputShape = shape;
  }

  /** Only itself. */
  get parts(): readonly [this] {
    return [this];
  }

  /** The last layer, or the last parallel layers. */
  get lastStage(): readonly PlacedLayer[] {
    return this.stages.at(-1) ?? [];
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
  apply(x: Tensor, lookup: WeightLookup, { record = () => {}, ...pass }: ModelPass): Tensor {
    if (x.rank !== this.inputShape.length + 1 || this.inputShape.some((extent, d) => extent !== x.shape[d + 1])) {
      throw new ShapeError(`${this.name}: takes [batch, ${this.inputShape.join(', ')}], not [${x.shape.join(', ')}].`);
    }
    const run = (value: Tensor, { name, layer, weights }: PlacedLayer): Tensor => {
      const fullName = (weight: string): string => `${this.name}.${name}.${weight}`;
      const tensors = Object.fromEntries(weights.map((spec) => [spec.name, lookup(fullName(spec.name))]));
      return layer.apply(value, tensors, {
        ...pass,
        record: (weight, moved) => record(fullName(weight), moved),
      });
    };
    return this.stages.reduce((value, stage) => {
      const outputs = stage.map((layer) => run(value, layer));
      return outputs.length === 1 ? outputs[0]! : concat(outputs, -1);
    }, x);
  }
}

/** The shape of a stage's output. @throws ShapeError if its layers' outputs can't be concatenated */
function joined(name: string, stage: readonly PlacedLayer[]): Shape {
  const shapes = stage.map(({ outputShape }) => outputShape);
  const [first] = shapes;
  if (first !== undefined && shapes.length === 1) return first;
  if (!first?.length || shapes.some((own) => own.slice(0, -1).join() !== first.slice(0, -1).join())) {
    const found = shapes.map((own) => `[${own.join(', ')}]`).join(' and ') || 'none';
    throw new ShapeError(`${name}: the outputs of parallel layers, ${found}, must differ only in the last dimension.`);
  }
  return [...first.slice(0, -1), shapes.reduce((channels, own) => channels + own.at(-1)!, 0)];
}
