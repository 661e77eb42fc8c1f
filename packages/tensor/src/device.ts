import { compile, evaluate, type Trace } from './compile.ts';
import type { Counters } from './counters.ts';
import { DeviceError, ShapeError } from './errors.ts';
import { Faults } from './faults.ts';
import { Memory } from './memory.ts';
import { flatten, type Nested } from './nested.ts';
import { Pipelines } from './pipelines.ts';
import type { InputTypes, Plan } from './plan.ts';
import type { Product } from './product.ts';
import { Queue } from './queue.ts';
import { ReadBack } from './read-back.ts';
import { checkIntegers, checkShape, formatShape, type Shape, sizeOf } from './shape.ts';
import { subgroupSize } from './subgroup.ts';
import { type DType, Tensor } from './tensor.ts';
import { type ProductTile, type Tiles, tilesFor, usualTile } from './tiles.ts';
import { type Tuning, tunedTile } from './tuning.ts';
import { Variable } from './variable.ts';

/** What a {@link Device} may have other than by default. */
export interface DeviceOptions {
  /** The tiles that were measured for products on this adapter; other products take those of the table. */
  readonly tuning?: Tuning | undefined;
  /** The most bytes that one binding may have, if less than the adapter allows. */
  readonly bindingLimit?: number | undefined;
  /** The most bytes that one copy to the host takes: a multiple of 256. */
  readonly readLimit?: number | undefined;
  /** Tile parameters in place of the table's, for tests. */
  readonly tiles?: Partial<Tiles>;
}

/** Used where there: time for `profile` alone, subgroups in kernels whose lanes share loads. */
const FEATURES = ['timestamp-query', 'subgroups'] as const;

/** A WebGPU device with everything that tensors need of it: buffers, pipelines, submissions, read-back. */
export class Device {
  /** WebGPU’s own device. */
  readonly gpu: GPUDevice;
  /** The table that products without a tile of their own go by. */
  readonly tiles: Tiles;
  /** The tiles of products that were measured here; graphs that are made from now on take them. */
  tuning: Tuning;
  /** The most bytes that one binding can have. A larger tensor is worked on piece by piece. */
  readonly bindingLimit: number;
  /** What was made so far. */
  readonly counters: Counters = { buffers: 0, bindGroups: 0, pipelines: 0, submits: 0, bytes: 0 };
  /** @internal */
  readonly faults: Faults;
  /** @internal */
  readonly memory: Memory;
  /** @internal */
  readonly queue: Queue;
  /** @internal */
  readonly pipelines: Pipelines;
  /** @internal */
  readonly readBack: ReadBack;

  private constructor(gpu: GPUDevice, kind: 'hardware' | 'software', options: DeviceOptions) {
    const { bindingLimit, readLimit, tiles, tuning = {} } = options;
    this.gpu = gpu;
    this.faults = new Faults(gpu);
    this.memory = new Memory(gpu, this.counters, this.faults);
    this.queue = new Queue(gpu, this.counters, this.faults);
    this.pipelines = new Pipelines(gpu, this.counters, this.faults);
    this.readBack = new ReadBack(this, readLimit);
    const { maxStorageBufferBindingSize } = gpu.limits;
    this.bindingLimit = Math.min(bindingLimit ?? maxStorageBufferBindingSize, maxStorageBufferBindingSize);
    this.tiles = { ...tilesFor(kind, subgroupSize(gpu)), ...tiles };
    this.tuning = tuning;
  }

  /**
   * A device on `adapter`, with all the memory that it allows. `kind` chooses the tile parameters of the kernels.
   * @throws DeviceError if the adapter gives none.
   */
  static async create(
    adapter: GPUAdapter,
    kind: 'hardware' | 'software' = 'hardware',
    options: DeviceOptions = {},
  ): Promise<Device> {
    const { maxStorageBufferBindingSize, maxBufferSize, maxStorageBuffersPerShaderStage } = adapter.limits;
    const { maxComputeWorkgroupStorageSize } = adapter.limits;
    const gpu = await adapter
      .requestDevice({
        requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
        requiredLimits: {
          maxStorageBufferBindingSize,
          maxBufferSize,
          maxStorageBuffersPerShaderStage,
          maxComputeWorkgroupStorageSize,
        },
      })
      .catch((error: unknown) => {
        throw new DeviceError(`The adapter gave no device: ${error instanceof Error ? error.message : String(error)}`);
      });
    return new Device(gpu, kind, options);
  }

  /** The limits of the adapter, as WebGPU has them. */
  get limits(): GPUSupportedLimits {
    return this.gpu.limits;
  }

  /** @internal How a product is computed here. */
  tileOf(product: Product): ProductTile {
    return tunedTile(this.tuning, product) ?? usualTile(this.tiles, product);
  }

  /**
   * A tensor of the given numbers. A flat array needs a `shape` unless it is a vector; nested arrays bring their own.
   * @throws ShapeError if the numbers do not fill the shape, TypeError if something is no number.
   */
  tensor(values: Nested | Float32Array, shape?: Shape): Tensor {
    const [flat, own] = flatten(values);
    return this.upload(flat, shape ?? own, 'f32');
  }

  /** A float32 tensor of zeros. @throws ShapeError unless every extent is a positive whole number. */
  zeros(shape: Shape): Tensor {
    checkShape(shape, 'zeros');
    return this.track(new Tensor(this, shape, 'f32', { storage: this.memory.allocate(sizeOf(shape) * 4) }));
  }

  /**
   * Whole numbers from 0 to 2³² - 1: seeds, steps, indices. A number alone makes a scalar.
   * @throws RangeError if one is none of them.
   */
  integers(values: number | readonly number[] | Uint32Array): Tensor {
    const flat = typeof values === 'number' ? [values] : values;
    checkIntegers(flat, 'integers');
    const tensor = this.upload(Uint32Array.from(flat), typeof values === 'number' ? [] : [flat.length], 'u32');
    tensor.largest = 0;
    for (const value of flat) tensor.largest = Math.max(tensor.largest, value);
    return tensor;
  }

  /**
   * Bytes as they are stored, four to a word; {@link gatherRows} makes float32 tensors of them.
   * @throws ShapeError if they do not fill the shape.
   */
  bytes(values: Uint8Array, shape: Shape): Tensor {
    return this.upload(values, shape, 'u8');
  }

  /** Replaces stored bytes, for every run that is handed over from now on. @throws ShapeError if the number differs. */
  refill(bytes: Tensor, values: Uint8Array): void {
    if (bytes.dtype !== 'u8' || values.length !== bytes.size) {
      throw new ShapeError(`refill: ${values.length} bytes do not fill ${bytes.dtype} ${formatShape(bytes.shape)}.`);
    }
    this.memory.write(bytes.storage!, values);
  }

  /** A tensor that can be changed, of numbers as {@link Device.tensor} takes them, with the same errors. */
  variable(values: Nested | Float32Array, shape?: Shape): Variable {
    const [flat, own] = flatten(values);
    checkShape(shape ?? own, 'variable');
    const tensor = new Variable(this, shape ?? own, this.memory.allocate(flat.length * 4));
    tensor.write(flat);
    return this.track(tensor);
  }

  private upload(values: Float32Array | Uint32Array | Uint8Array, shape: Shape, dtype: DType): Tensor {
    checkShape(shape, 'tensor');
    if (values.length !== sizeOf(shape)) {
      throw new ShapeError(
        `tensor: ${values.length} numbers do not fill shape ${formatShape(shape)} of ${sizeOf(shape)}.`,
      );
    }
    const storage = this.memory.allocate(values.byteLength);
    this.memory.write(storage, values);
    return this.track(new Tensor(this, shape, dtype, { storage }));
  }

  /**
   * Traces `trace` once and compiles what it returns. Its argument holds a scalar tensor for every name in `inputs`; their
   * values are given anew to every {@link Plan.run}. All pipelines are compiled in parallel before the promise resolves.
   */
  async compile<Inputs extends InputTypes>(
    inputs: Inputs,
    trace: (inputs: { readonly [Name in keyof Inputs]: Tensor }) => Trace,
  ): Promise<Plan<Inputs>> {
    return compile(this, inputs, trace);
  }

  /** Computes the tensors that are not computed yet; afterwards their elements lie in memory and their graph is forgotten. */
  async evaluate(tensors: readonly Tensor[]): Promise<void> {
    await evaluate(this, tensors);
  }

  /** Resolves as soon as fewer than three submitted runs are unfinished: the loop's only wait. */
  async room(): Promise<void> {
    await this.queue.room();
  }

  /** Resolves when everything submitted so far is done. */
  async finished(): Promise<void> {
    await this.queue.finished();
  }

  /** Ends the device and frees all of its memory. */
  destroy(): void {
    this.faults.expectLoss();
    this.gpu.destroy();
  }

  /** Frees the tensor's buffer when the tensor is collected. */
  private track<T extends Tensor>(tensor: T): T {
    this.memory.freeWith(tensor, tensor.storage!.buffer);
    return tensor;
  }
}
