import type { Shape, Tensor } from '@hourglass/tensor';
import type { RandomDraws } from './random.ts';
import type { Sequential } from './sequential.ts';

/** A weight that a layer asks for. Names and layouts are Keras's. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly initial: 'glorotUniform' | 'uniform' | 'zeros' | 'ones';
  /** Changed by the optimiser; otherwise by the layer itself, as moving averages are. */
  readonly trainable: boolean;
  /** Of a moving average, the share of it that a training step leaves; the rest comes from what the layer records. Default 0. */
  readonly momentum?: number;
}

/** How a layer is applied. Random numbers, others at each call and step, are needed in training only, by layers that draw. */
export interface Pass extends Partial<RandomDraws> {
  /** Training: batch normalisation uses the batch's statistics and reports them. Inference: it uses the moving averages. */
  readonly training: boolean;
  /** Takes what the non-trainable weight `name` of the current layer should move towards. */
  readonly record: (weight: string, value: Tensor) => void;
}

/** A layer is plain data: it owns no weights and no state. Shapes are without the batch dimension. */
export interface Layer {
  /** Keras's class name, as the summary prints it. */
  readonly type: string;
  /** Keras's default name, numbered where a model has several. */
  readonly name: string;
  /** What decides, beside its weights, what it computes: held against what a Keras file says of its layers. */
  readonly settings?: Readonly<Record<string, number | string>>;
  /** Of a layer that joins the outputs of models of its own, as its type says: what an export writes of it. They take its input. */
  readonly branches?: readonly Sequential[];
  /** @throws ShapeError if the layer can't take such an input. */
  readonly outputShape: (input: Shape) => Shape;
  readonly weights: (input: Shape) => readonly WeightSpec[];
  /** `x` is [batch, ...input]; `weights` has a tensor for every spec, by name. */
  readonly apply: (x: Tensor, weights: Readonly<Record<string, Tensor>>, pass: Pass) => Tensor;
}
