import { located } from './caller.ts';
import type { Device } from './device.ts';
import type { Dispatch } from './dispatch.ts';
import { unshaped } from './graph.ts';
import type { Lowering } from './lowering.ts';
import { type ConvolutionOptions, conv2d, conv2dTranspose, type TransposedConvolutionOptions } from './ops/conv2d.ts';
import { binary, clip, leakyRelu, unary } from './ops/elementwise.ts';
import { extreme, extremeIndex } from './ops/extremes.ts';
import { matmul } from './ops/matmul.ts';
import { reshape, slice, stopGradient, transpose } from './ops/movement.ts';
import { broadcastTo, mean, sum } from './ops/reduce.ts';
import type { Product } from './product.ts';
import { formatShape, type Shape, sizeOf } from './shape.ts';
import type { Storage } from './storage.ts';

/** float32 numbers; u32 for seeds, steps and indices; u8 for stored images (four to a word). */
export type DType = 'f32' | 'u32' | 'u8';

/** The gradient rule of a node: from the gradient of its output, one gradient (or none) for each input. */
export type GradientRule = (gradient: Tensor, output: Tensor) => readonly (Tensor | undefined)[];

/** @internal */
interface NodeBase {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly gradient?: GradientRule;
  /** The tensors that the gradient rule's results belong to, where they are not the inputs. */
  readonly sources?: readonly Tensor[];
}

/** @internal How a tensor is computed. */
export type Node =
  | (NodeBase & {
      /** One WGSL formula an element; `operands` are tensors or literals, in the order of `variables`. */
      readonly kind: 'elementwise';
      readonly formula: string;
      readonly variables: readonly string[];
      readonly operands: readonly (Tensor | number)[];
    })
  /** The same elements in the same order under another shape. */
  | (NodeBase & { readonly kind: 'reshape' })
  /** The elements of the one input at `offset` + Σ coordinate · stride. */
  | (NodeBase & { readonly kind: 'view'; readonly strides: readonly number[]; readonly offset: number })
  /** Anything with kernels of its own. */
  | (NodeBase & {
      readonly kind: 'kernel';
      /** The kernel can apply element-wise operations to its result before it stores it. */
      readonly epilogue: boolean;
      /** The first input may be an element-wise expression, computed while it is read. */
      readonly prologue: boolean;
      readonly lower: (lowering: Lowering) => Dispatch[];
      /** Extent of the leading dimension along which `lower` can do a piece at a time; without it, the kernel takes all at once. */
      readonly batch?: number;
      /** The dimension along which the result is its inputs, one after the other. */
      readonly joinedAlong?: number;
      /** What it computes, where that is a product. */
      readonly product?: Product;
      /** The variables that the kernel changes; such a node has no result of its own. */
      readonly writes?: readonly Tensor[];
    });

let created = 0;

/**
 * An n-dimensional array on the GPU, or the promise of one: an operation adds a node to a graph, and nothing runs until
 * {@link Tensor.data} is asked for or a compiled {@link Plan} runs. Immutable; no operation consumes its operands.
 */
export class Tensor {
  /** Order of creation: an input's is always smaller than its user's. */
  readonly id = created++;
  /** Where it is computed. */
  readonly device: Device;
  /** The extent of each dimension, outermost first. */
  readonly shape: Shape;
  /** The type of its elements. */
  readonly dtype: DType;
  /** @internal How it is computed; undefined once its elements lie in `storage`. */
  node: Node | undefined;
  /** @internal Where its elements lie. */
  storage: Storage | undefined;
  /** @internal Of u32: no element is larger, where the host knows. */
  largest: number | undefined;
  /** @internal Whether its elements came from a graph that is forgotten now. */
  materialised = false;

  /** @internal Use {@link Device.tensor} or an operation. */
  constructor(device: Device, shape: Shape, dtype: DType, source: { node: Node } | { storage: Storage }) {
    this.device = device;
    this.shape = shape;
    this.dtype = dtype;
    this.node = 'node' in source ? source.node : undefined;
    this.storage = 'storage' in source ? source.storage : undefined;
  }

  /** @internal The tensor that `node` computes. */
  derive(shape: Shape, node: Node, dtype: DType = 'f32'): Tensor {
    return new Tensor(this.device, shape, dtype, { node });
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  /**
   * Computes the elements if they are not there yet, and copies them to the host, row-major. The graph that led to them is
   * forgotten. Of u32 tensors, the bits as they are. @throws TypeError for stored bytes, which stay on the GPU.
   */
  async data(): Promise<Float32Array> {
    if (this.dtype === 'u8')
      throw new TypeError(located('data: stored bytes can’t be read back; gather them as numbers first.'));
    // What is there is read as it stands at the call, whatever runs before the promise resolves.
    if (unshaped(this).storage === undefined) await this.device.evaluate([this]);
    return new Float32Array(await this.device.readBack.read(unshaped(this).storage!, this.size * 4));
  }

  /** The value of a tensor of one element. @throws RangeError if there are more. */
  async item(): Promise<number> {
    if (this.size !== 1)
      throw new RangeError(located(`item: ${formatShape(this.shape)} holds ${this.size} elements, not one.`));
    return (await this.data())[0]!;
  }

  /** a + b, broadcast as in NumPy; so are all operations of two operands. @throws ShapeError with both shapes if they do not fit. */
  add(other: Tensor | number): Tensor {
    return binary('add', this, other);
  }
  /** a − b. */
  sub(other: Tensor | number): Tensor {
    // Compilers take x - x for 0, also where x is infinite or NaN; what 0 times it is they do not see.
    return other === this ? this.mul(0) : binary('sub', this, other);
  }
  /** a · b, element by element; {@link Tensor.matmul} is the product of matrices. */
  mul(other: Tensor | number): Tensor {
    return binary('mul', this, other);
  }
  /** a / b. By a number: times its reciprocal where float32 holds that, as some drivers do unasked and others don't. */
  div(other: Tensor | number): Tensor {
    return typeof other === 'number' && isNormal(1 / other) ? this.mul(1 / other) : binary('div', this, other);
  }
  /** The larger of two elements, NaN if one is. Where they are equal, each gets half of the gradient. */
  maximum(other: Tensor | number): Tensor {
    return binary('maximum', this, other);
  }
  /** The smaller of two elements, NaN if one is. Where they are equal, each gets half of the gradient. */
  minimum(other: Tensor | number): Tensor {
    return binary('minimum', this, other);
  }

  /** 1 where this element is smaller than the other, else (and beside NaN) 0; its gradient is 0. */
  less(other: Tensor | number): Tensor {
    return binary('less', this, other);
  }

  /**
   * This to the power of `exponent`, as C's `pow`: NaN of a negative number unless the exponent is whole. Exact to a few roundings for
   * whole exponents up to 64, else to about |exponent · ln x| of them.
   */
  pow(exponent: Tensor | number): Tensor {
    return binary('pow', this, exponent);
  }
  /**
   * What lies below `low` becomes `low`, what lies above `high` becomes `high`: there the gradient goes to the limit, if that is a tensor.
   * @throws RangeError if `low` is above `high`.
   */
  clip(low: Tensor | number, high: Tensor | number): Tensor {
    return clip(this, low, high);
  }

  /** −x. */
  neg(): Tensor {
    return unary('neg', this);
  }
  /** eˣ. */
  exp(): Tensor {
    return unary('exp', this);
  }
  /** Natural logarithm; −∞ of 0, NaN of negative numbers. */
  log(): Tensor {
    return unary('log', this);
  }
  /** √x; NaN of negative numbers. */
  sqrt(): Tensor {
    return unary('sqrt', this);
  }
  /** 1 / x. */
  reciprocal(): Tensor {
    return unary('reciprocal', this);
  }
  /** x². */
  square(): Tensor {
    return unary('square', this);
  }
  /** |x|; its gradient at 0 is 0. */
  abs(): Tensor {
    return unary('abs', this);
  }
  /** 1 / (1 + exp(-x)). */
  sigmoid(): Tensor {
    return unary('sigmoid', this);
  }
  /** The hyperbolic tangent. */
  tanh(): Tensor {
    return unary('tanh', this);
  }
  /** Of radians, exact to a few roundings however large they are. */
  sin(): Tensor {
    return unary('sin', this);
  }
  /** Of radians, as {@link Tensor.sin}. */
  cos(): Tensor {
    return unary('cos', this);
  }
  /** max(x, 0), and NaN of NaN; its gradient at 0 is 0. */
  relu(): Tensor {
    return unary('relu', this);
  }
  /**
   * x where x > 0, else `slope` · x. Slope defaults to 0.3, as in Keras; its gradient at 0 is the slope.
   * @throws RangeError if the slope is below 0.
   */
  leakyRelu(slope = 0.3): Tensor {
    return leakyRelu(this, slope);
  }
  /** x where x > 0, else eˣ − 1 (Clevert et al. 2016, with alpha 1). */
  elu(): Tensor {
    return unary('elu', this);
  }
  /** x · Φ(x) with the normal distribution Φ (Hendrycks and Gimpel 2016), not its approximation by tanh. */
  gelu(): Tensor {
    return unary('gelu', this);
  }
  /** x · sigmoid(x), also called swish. */
  silu(): Tensor {
    return unary('silu', this);
  }
  /** ln(1 + eˣ). */
  softplus(): Tensor {
    return unary('softplus', this);
  }

  /** The same elements, through which no gradient flows: PyTorch's `detach`. */
  stopGradient(): Tensor {
    return stopGradient(this);
  }

  /**
   * Sum over `axes` (default: all), which disappear from the shape unless `keepDims`.
   * @throws ShapeError if an axis is none of the tensor’s.
   */
  sum(axes?: number | readonly number[], options?: { keepDims?: boolean }): Tensor {
    return sum(this, axes, options);
  }
  /** Arithmetic mean over `axes` (default: all), which disappear from the shape unless `keepDims`. */
  mean(axes?: number | readonly number[], options?: { keepDims?: boolean }): Tensor {
    return mean(this, axes, options);
  }
  /**
   * The largest element over `axes` (default: all), which disappear from the shape unless `keepDims`; NaN if one is. Equal ones share the
   * gradient evenly, as in PyTorch's `amax`.
   */
  max(axes?: number | readonly number[], options?: { keepDims?: boolean }): Tensor {
    return extreme('max', this, axes, options);
  }
  /** The smallest element, as {@link Tensor.max}. */
  min(axes?: number | readonly number[], options?: { keepDims?: boolean }): Tensor {
    return extreme('min', this, axes, options);
  }
  /**
   * Where along `axis` the largest element lies, the first of several, or the first NaN: u32, without that dimension. Default: among all
   * elements in row-major order. What {@link gatherRows} takes; no gradient flows through it.
   */
  argMax(axis?: number): Tensor {
    return extremeIndex('max', this, axis);
  }
  /** Where the smallest element lies, as {@link Tensor.argMax}. */
  argMin(axis?: number): Tensor {
    return extremeIndex('min', this, axis);
  }

  /**
   * The matrix product of [M, K] and [K, N]: [M, N].
   * @throws ShapeError with both shapes if they do not fit.
   */
  matmul(other: Tensor): Tensor {
    return matmul(this, other);
  }
  /**
   * Convolution of [N, H, W, in] with a kernel [kh, kw, in, out], as Keras's Conv2D. Default: stride 1, `same`.
   * @throws ShapeError with both shapes if they do not fit.
   */
  conv2d(kernel: Tensor, options?: ConvolutionOptions): Tensor {
    return conv2d(this, kernel, options);
  }
  /**
   * Transposed convolution of [N, H, W, in] with a kernel [kh, kw, out, in], as Keras's Conv2DTranspose; `outputSize` gives odd sizes.
   * @throws ShapeError with both shapes if they do not fit.
   */
  conv2dTranspose(kernel: Tensor, options?: TransposedConvolutionOptions): Tensor {
    return conv2dTranspose(this, kernel, options);
  }

  /**
   * The same elements under another shape of the same size; one extent may be -1, and is worked out.
   * @throws ShapeError with both shapes if their sizes differ.
   */
  reshape(shape: Shape): Tensor {
    return reshape(this, shape);
  }
  /**
   * Dimension d of the result is dimension `order[d]` of this; default: all reversed.
   * @throws ShapeError unless `order` has every dimension once.
   */
  transpose(order?: readonly number[]): Tensor {
    return transpose(this, order);
  }
  /**
   * The part from `begin` (inclusive) to `end` (exclusive; default: the whole extent) along every dimension.
   * @throws ShapeError unless the part lies in the tensor and is not empty.
   */
  slice(begin: readonly number[], end?: readonly number[]): Tensor {
    return slice(this, begin, end);
  }
  /**
   * This tensor repeated along missing dimensions and those of extent 1, as in NumPy.
   * @throws ShapeError with both shapes if they do not fit.
   */
  broadcastTo(shape: Shape): Tensor {
    return broadcastTo(this, shape);
  }
}

/** Whether float32 holds a number with all its digits. */
const isNormal = (value: number): boolean => Math.abs(value) >= 2 ** -126 && Number.isFinite(Math.fround(value));
