import { compile, evaluate, type Trace } from './compile.ts';
import type { Counters } from './counters.ts';
import { DeviceError, ShapeError } from './errors.ts';
import { Faults } from './faults.ts';
import { unshaped } from './graph.ts';
import { Memory } from './memory.ts';
import { flatten, type Nested } from './nested.ts';
import { Pipelines } from './pipelines.ts';
import type { InputTypes, Plan } from './plan.ts';
import type { Product } from './product.ts';
import { Queue } from './queue.ts';
import { ReadBack } from './read-back.ts';
import { checkIntegers, checkShape, formatShape, type Shape, sizeOf } from './shape.ts';
import type { Storage } from './storage.ts';
import { subgroupSize } from './subgroup.ts';
import { type DType, Tensor } from './tensor.ts';
import { type ProductTile, type Tiles, tilesFor, usualTile } from './tiles.ts';
import { type Tuning, tunedTile } from './tuning.ts';
import { Variable } from './variable.ts';

/** The options of a {@link Device}. */
export interface DeviceOptions {
  /** The tiles measured for products on this adapter. Other products use the tiles of the table. */
  readonly tuning?: Tuning | undefined;
  /** Maximum bytes of one binding, if less than the adapter allows. */
  readonly bindingLimit?: number | undefined;
  /** Maximum bytes of one copy to the host; a multiple of 256. */
  readonly readLimit?: number | undefined;
  /** Tile parameters that replace the table's, for tests. */
  readonly tiles?: Partial<Tiles> | undefined;
}

/** Used if available: timestamps only in `profile`, subgroups in kernels whose lanes share loads. */
const FEATURES = ['timestamp-query', 'subgroups'] as const;

/** A WebGPU device with everything that tensors need: buffers, pipelines, submissions, read-back. */
export class Device {
  /** The WebGPU device. */
  readonly gpu: GPUDevice;
  /** The table of tile parameters, for products that `tuning` does not cover. */
  readonly tiles: Tiles;
  /** The tiles measured for products on this device. Graphs created from now on use them. */
  tuning: Tuning;
  /** Maximum bytes of one binding. A larger tensor is processed piece by piece. */
  readonly bindingLimit: number;
  /** Counts of what the device has created so far. */
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
   * A device on `adapter`, with all the memory that the adapter allows. `kind` selects the kernels' tile parameters.
   * @throws DeviceError if the adapter provides no device.
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

  /** The WebGPU limits of the device. */
  get limits(): GPUSupportedLimits {
    return this.gpu.limits;
  }

  /** @internal The tile that this device uses for a product. */
  tileOf(product: Product): ProductTile {
    return tunedTile(this.tuning, product) ?? usualTile(this.tiles, product);
  }

  /**
   * A tensor of the given numbers. A flat array needs a `shape` unless it is a vector; nested arrays define their own.
   * @throws ShapeError if the numbers do not fill the shape, TypeError if a value is not a number.
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
   * A u32 tensor of whole numbers from 0 to 2³² - 1: seeds, steps, indices. A single number gives a scalar.
   * @throws RangeError if a value is not such a number, ShapeError if the list is empty.
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
   * A u8 tensor of bytes, stored four to a word; {@link gatherRows} converts them to float32 tensors.
   * @throws ShapeError if the bytes do not fill the shape.
   */
  bytes(values: Uint8Array, shape: Shape): Tensor {
    return this.upload(values, shape, 'u8');
  }

  /**
   * Replaces the bytes of a u8 tensor for every run submitted from now on.
   * @throws ShapeError if the tensor is not u8 or the size differs.
   */
  refill(bytes: Tensor, values: Uint8Array): void {
    if (bytes.dtype !== 'u8' || values.length !== bytes.size) {
      throw new ShapeError(`refill: ${values.length} bytes do not fill ${bytes.dtype} ${formatShape(bytes.shape)}.`);
    }
    this.memory.write(unshaped(bytes).storage!, values);
  }

  /** A tensor that can be changed. It takes the same values as {@link Device.tensor} and throws the same errors. */
  variable(values: Nested | Float32Array, shape?: Shape): Variable {
    const [flat, own] = flatten(values);
    const tensor = new Variable(this, shape ?? own, this.store(flat, shape ?? own, 'variable'));
    return this.track(tensor);
  }

  private upload(values: Float32Array | Uint32Array | Uint8Array, shape: Shape, dtype: DType): Tensor {
    return this.track(new Tensor(this, shape, dtype, { storage: this.store(values, shape, 'tensor') }));
  }

  private store(values: Float32Array | Uint32Array | Uint8Array, shape: Shape, what: string): Storage {
    checkShape(shape, what);
    if (values.length !== sizeOf(shape)) {
      throw new ShapeError(
        `${what}: ${values.length} numbers do not fill shape ${formatShape(shape)} of ${sizeOf(shape)}.`,
      );
    }
    const storage = this.memory.allocate(values.byteLength);
    this.memory.write(storage, values);
    return storage;
  }

  /**
   * Traces `trace` once and compiles the result. The argument of `trace` contains a scalar tensor for every name in
   * `inputs`; every {@link Plan.run} takes new values for them. All pipelines compile in parallel before the promise
   * resolves.
   * @throws TypeError or RangeError if the outputs and updates do not fit each other or this device.
   * @throws DeviceError if a buffer or kernel exceeds the adapter's limits, or the adapter refuses a kernel.
   */
  async compile<Inputs extends InputTypes>(
    inputs: Inputs,
    trace: (inputs: { readonly [Name in keyof Inputs]: Tensor }) => Trace,
  ): Promise<Plan<Inputs>> {
    return compile(this, inputs, trace);
  }

  /**
   * Computes the tensors that are not computed yet. Afterwards they are in memory and their graph is dropped.
   * @throws as {@link Device.compile}.
   */
  async evaluate(tensors: readonly Tensor[]): Promise<void> {
    await evaluate(this, tensors);
  }

  /**
   * Resolves as soon as fewer than three submitted runs are unfinished: a training loop's only wait.
   * @throws DeviceError if WebGPU refused a call, or the device is lost or out of memory.
   */
  async room(): Promise<void> {
    await this.queue.room();
  }

  /**
   * Resolves when everything submitted so far is done.
   * @throws DeviceError as {@link Device.room}.
   */
  async finished(): Promise<void> {
    await this.queue.finished();
  }

  /** Destroys the device and frees all its memory. Everything that needs it throws a DeviceError from now on. */
  destroy(): void {
    this.faults.close();
    this.gpu.destroy();
  }

  /** Frees the tensor's buffer when the tensor is garbage-collected. */
  private track<T extends Tensor>(tensor: T): T {
    this.memory.freeWith(tensor, tensor.storage!.buffer);
    return tensor;
  }
}
