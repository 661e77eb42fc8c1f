import { located } from './caller.ts';
import type { Device } from './device.ts';
import type { Dispatch } from './dispatch.ts';
import { isStored, unshaped } from './graph.ts';
import type { Lowering } from './lowering.ts';
import { type ConvolutionOptions, conv2d, conv2dTranspose, type TransposedConvolutionOptions } from './ops/conv2d.ts';
import { binary, clip, leakyRelu, unary } from './ops/elementwise.ts';
import { extreme, extremeIndex } from './ops/extremes.ts';
import { matmul } from './ops/matmul.ts';
import { reshape, slice, stopGradient, transpose } from './ops/movement.ts';
import { broadcastTo, mean, sum } from './ops/reduce.ts';
import type { Product } from './product.ts';
import { checkSize, formatShape, type Shape, sizeOf } from './shape.ts';
import type { Storage } from './storage.ts';

/** float32 numbers; u32 for seeds, steps and indices; u8 for stored images (four to a word). */
export type DType = 'f32' | 'u32' | 'u8';

/** The gradient rule of a node: maps the gradient of its output to one gradient (or none) for each input. */
export type GradientRule = (gradient: Tensor, output: Tensor) => readonly (Tensor | undefined)[];

/** @internal */
interface NodeBase {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly gradient?: GradientRule;
  /** The tensors that the gradient rule's results belong to, if they are not the inputs. */
  readonly sources?: readonly Tensor[];
}

/** @internal How a tensor is computed. */
export type Node =
  | (NodeBase & {
      /** One WGSL formula per element; `operands` are tensors or literals, in the order of `variables`. */
      readonly kind: 'elementwise';
      readonly formula: string;
      readonly variables: readonly string[];
      readonly operands: readonly (Tensor | number)[];
    })
  /** The same elements in the same order with another shape. */
  | (NodeBase & { readonly kind: 'reshape' })
  /** The elements of the one input at `offset` + Σ coordinate · stride. */
  | (NodeBase & { readonly kind: 'view'; readonly strides: readonly number[]; readonly offset: number })
  /** Any operation with its own kernels. */
  | (NodeBase & {
      readonly kind: 'kernel';
      /** The kernel can apply element-wise operations to its result before it stores it. */
      readonly epilogue: boolean;
      /** The first input may be an element-wise expression, computed while it is read. */
      readonly prologue: boolean;
      readonly lower: (lowering: Lowering) => Dispatch[];
      /** Extent of the leading dimension along which `lower` can work piece by piece; undefined if it can't. */
      readonly batch?: number;
      /** The dimension along which the result concatenates its inputs. */
      readonly joinedAlong?: number;
      /** The product that the node computes, if any. */
      readonly product?: Product;
      /** The variables that the kernel changes; such a node has no result. */
      readonly writes?: readonly Tensor[];
    });

let created = 0;

/**
 * An n-dimensional array on the GPU, or the promise of one: an operation adds a node to a graph, and nothing runs until
 * {@link Tensor.data} is called or a compiled {@link Plan} runs. Immutable; no operation consumes its operands. All
 * operations except `reshape` and `stopGradient` throw TypeError unless their operands are float32.
 */
export class Tensor {
  /** Order of creation: an input's id is always smaller than its consumer's. */
  readonly id = created++;
  /** The device it is computed on. */
  readonly device: Device;
  /** The extent of each dimension, outermost first. */
  readonly shape: Shape;
  /** The type of its elements. */
  readonly dtype: DType;
  /** @internal How it is computed; undefined once its elements are in `storage`. */
  node: Node | undefined;
  /** @internal Where its elements are stored. */
  storage: Storage | undefined;
  /** @internal For u32: no element is larger; undefined if the host does not know. */
  largest: number | undefined;
  /** @internal The name of the plan's input that it is, if any. */
  input: string | undefined;
  /** @internal What its graph was computed from, once the graph has been dropped: see {@link originsOf}. */
  origins: ReadonlySet<Storage> | undefined;

  /** @internal Use {@link Device.tensor} or an operation. */
  constructor(device: Device, shape: Shape, dtype: DType, source: { node: Node } | { storage: Storage }) {
    this.device = device;
    this.shape = shape;
    this.dtype = dtype;
    this.node = 'node' in source ? source.node : undefined;
    this.storage = 'storage' in source ? source.storage : undefined;
  }

  /** @internal The tensor that `node` computes. @throws ShapeError if it has too many elements. */
  derive(shape: Shape, node: Node, dtype: DType = 'f32'): Tensor {
    checkSize(shape, node.name);
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
   * Computes the elements if they are not computed yet, and copies them to the host, row-major. Their graph is dropped.
   * For u32 tensors, returns the raw bits: `new Uint32Array(data.buffer)` holds their numbers. An operation on a
   * variable runs only after its kernel is compiled: await the data before you write the variable.
   * @throws TypeError for u8 tensors, which stay on the GPU, and for inputs of a plan, which have values only while it
   *   runs.
   * @throws DeviceError if the device is lost, destroyed or out of memory.
   */
  async data(): Promise<Float32Array> {
    if (this.dtype === 'u8')
      throw new TypeError(located('data: stored bytes can’t be read back; gather them as numbers first.'));
    // Stored elements are read as they are at the call, whatever runs before the promise resolves.
    if (!isStored(unshaped(this))) await this.device.evaluate([this]);
    return new Float32Array(await this.device.readBack.read(unshaped(this).storage!, this.size * 4));
  }

  /** The value of a tensor of one element. @throws RangeError if it has more, and as {@link Tensor.data}. */
  async item(): Promise<number> {
    if (this.size !== 1)
      throw new RangeError(located(`item: ${formatShape(this.shape)} holds ${this.size} elements, not one.`));
    const data = await this.data();
    return this.dtype === 'u32' ? new Uint32Array(data.buffer)[0]! : data[0]!;
  }

  /**
   * a + b, broadcast as in NumPy; all operations with two operands broadcast this way.
   * @throws ShapeError with both shapes if they do not fit.
   */
  add(other: Tensor | number): Tensor {
    return binary('add', this, other);
  }
  /** a − b. */
  sub(other: Tensor | number): Tensor {
    // Compilers fold x - x to 0, even if x is infinite or NaN; they do not see that x is multiplied by 0.
    return other === this ? this.mul(0) : binary('sub', this, other);
  }
  /** a · b, element by element; {@link Tensor.matmul} is the product of matrices. */
  mul(other: Tensor | number): Tensor {
    return binary('mul', this, other);
  }
  /** a / b. For a number b, computes a · (1 / b) if 1 / b is a normal float32: only some drivers do so themselves. */
  div(other: Tensor | number): Tensor {
    return typeof other === 'number' && isNormal(1 / other) ? this.mul(1 / other) : binary('div', this, other);
  }
  /** The larger of two elements, NaN if either is NaN. If they are equal, each gets half of the gradient. */
  maximum(other: Tensor | number): Tensor {
    return binary('maximum', this, other);
  }
  /** The smaller of two elements, NaN if either is NaN. If they are equal, each gets half of the gradient. */
  minimum(other: Tensor | number): Tensor {
    return binary('minimum', this, other);
  }

  /** 1 where this element is smaller than the other, else 0, also if either is NaN; its gradient is 0. */
  less(other: Tensor | number): Tensor {
    return binary('less', this, other);
  }

  /**
   * This tensor to the power of `exponent`, as in C's `pow`: NaN for a negative base unless the exponent is whole. The
   * error is a few roundings for whole exponents up to 64, else about |exponent · ln x| roundings.
   */
  pow(exponent: Tensor | number): Tensor {
    return binary('pow', this, exponent);
  }
  /**
   * Elements below `low` become `low`, elements above `high` become `high`. Their gradient goes to the limit, if the
   * limit is a tensor.
   * @throws RangeError if both limits are numbers and `low` is above `high`.
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
  /** Natural logarithm; −∞ for 0, NaN for negative numbers. */
  log(): Tensor {
    return unary('log', this);
  }
  /** √x; NaN for negative numbers. */
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
  /** The sine of an angle in radians, exact to a few roundings however large the angle is. */
  sin(): Tensor {
    return unary('sin', this);
  }
  /** The cosine of an angle in radians, as exact as {@link Tensor.sin}. */
  cos(): Tensor {
    return unary('cos', this);
  }
  /** max(x, 0), NaN for NaN; its gradient at 0 is 0. */
  relu(): Tensor {
    return unary('relu', this);
  }
  /**
   * x where x > 0, else `slope` · x. The slope defaults to 0.3, as in Keras; the gradient at 0 is the slope.
   * @throws RangeError if the slope is below 0.
   */
  leakyRelu(slope = 0.3): Tensor {
    return leakyRelu(this, slope);
  }
  /** x where x > 0, else eˣ − 1 (Clevert et al. 2016, with alpha 1). */
  elu(): Tensor {
    return unary('elu', this);
  }
  /** x · Φ(x) with the cumulative normal distribution Φ (Hendrycks and Gimpel 2016), not its tanh approximation. */
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
   * @throws ShapeError if the tensor has no such axis.
   */
  sum(axes?: number | readonly number[], options?: { keepDims?: boolean | undefined }): Tensor {
    return sum(this, axes, options);
  }
  /**
   * Arithmetic mean over `axes` (default: all), which disappear from the shape unless `keepDims`.
   * @throws ShapeError if the tensor has no such axis.
   */
  mean(axes?: number | readonly number[], options?: { keepDims?: boolean | undefined }): Tensor {
    return mean(this, axes, options);
  }
  /**
   * The largest element over `axes` (default: all), which disappear from the shape unless `keepDims`; NaN if an element
   * is NaN. Equal largest elements share the gradient evenly, as in PyTorch's `amax`.
   * @throws ShapeError if the tensor has no such axis.
   */
  max(axes?: number | readonly number[], options?: { keepDims?: boolean | undefined }): Tensor {
    return extreme('max', this, axes, options);
  }
  /** The smallest element, otherwise the same as {@link Tensor.max}. */
  min(axes?: number | readonly number[], options?: { keepDims?: boolean | undefined }): Tensor {
    return extreme('min', this, axes, options);
  }
  /**
   * The index along `axis` of the largest element (the first if several are equal) or of the first NaN, as u32, without
   * that dimension. Default: the index among all elements in row-major order. {@link gatherRows} takes these indices;
   * no gradient flows through them.
   * @throws ShapeError if the tensor has no such axis.
   */
  argMax(axis?: number): Tensor {
    return extremeIndex('max', this, axis);
  }
  /** The index of the smallest element, otherwise the same as {@link Tensor.argMax}. */
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
   * Convolution of [N, H, W, in] with a kernel [kh, kw, in, out], as in Keras's Conv2D. Default: stride 1, `same`.
   * @throws ShapeError with both shapes if they do not fit, RangeError for an invalid stride or padding.
   */
  conv2d(kernel: Tensor, options?: ConvolutionOptions): Tensor {
    return conv2d(this, kernel, options);
  }
  /**
   * Transposed convolution of [N, H, W, in] with a kernel [kh, kw, out, in], as in Keras's Conv2DTranspose;
   * `outputSize` allows odd sizes.
   * @throws ShapeError with both shapes if they do not fit, RangeError for an invalid stride or padding.
   */
  conv2dTranspose(kernel: Tensor, options?: TransposedConvolutionOptions): Tensor {
    return conv2dTranspose(this, kernel, options);
  }

  /**
   * The same elements with another shape of the same size; one extent may be -1 and is inferred.
   * @throws ShapeError with both shapes if their sizes differ.
   */
  reshape(shape: Shape): Tensor {
    return reshape(this, shape);
  }
  /**
   * Dimension d of the result is dimension `order[d]` of this tensor; default: all reversed.
   * @throws ShapeError unless `order` contains every dimension once.
   */
  transpose(order?: readonly number[]): Tensor {
    return transpose(this, order);
  }
  /**
   * The part from `begin` (inclusive) to `end` (exclusive; default: the whole extent) along every dimension.
   * @throws ShapeError unless the part is inside the tensor and not empty.
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

/** Whether a number is in the normal range of float32. */
const isNormal = (value: number): boolean => Math.abs(value) >= 2 ** -126 && Number.isFinite(Math.fround(value));
