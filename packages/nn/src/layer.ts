import type { Shape, Tensor } from '@hourglass/tensor';
import type { RandomDraws } from './random.ts';
import type { Sequential } from './sequential.ts';

/** A weight that a layer needs. Names and layouts are Keras's. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly initial: 'glorotUniform' | 'uniform' | 'zeros' | 'ones';
  /** Whether the optimiser updates it. Otherwise the layer updates it, for example a moving average. */
  readonly trainable: boolean;
  /** For a moving average w, a training step sets w = momentum · w + (1 − momentum) · the recorded value. Default 0. */
  readonly momentum?: number | undefined;
}

/**
 * How a layer is applied. Only layers that draw random numbers need them, and only in training; each call and step
 * draws new ones.
 */
export interface Pass extends Partial<RandomDraws> {
  /**
   * In training, batch normalisation uses and records the batch's statistics. In inference, it uses the moving
   * averages.
   */
  readonly training: boolean;
  /** Receives the value that the layer's non-trainable weight `weight` moves towards. */
  readonly record: (weight: string, value: Tensor) => void;
}

/** A layer is plain data: it owns no weights and no state. Shapes exclude the batch dimension. */
export interface Layer {
  /** Keras's class name; the summary prints it. */
  readonly type: string;
  /** Keras's default name; a model numbers repeated names. */
  readonly name: string;
  /**
   * The settings that, together with the weights, determine the output. They are compared with a Keras file's
   * description of its layers.
   */
  readonly settings?: Readonly<Record<string, number | string>> | undefined;
  /**
   * For a layer that joins the outputs of several models: these models, which all take the layer's input. Exports write
   * them; `type` says how the layer joins their outputs.
   */
  readonly branches?: readonly Sequential[] | undefined;
  /** @throws ShapeError if the layer can't take such an input. */
  readonly outputShape: (input: Shape) => Shape;
  readonly weights: (input: Shape) => readonly WeightSpec[];
  /** `x` is [batch, ...input]; `weights` contains a tensor for every spec, by name. */
  readonly apply: (x: Tensor, weights: Readonly<Record<string, Tensor>>, pass: Pass) => Tensor;
}
