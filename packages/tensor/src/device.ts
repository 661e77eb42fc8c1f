import { compile, type Trace } from './compile.ts';
import { DeviceError, DeviceLostError, firstLine, ShapeError } from './errors.ts';
import { unshaped } from './graph.ts';
import { LARGE_BUFFER } from './limits.ts';
import { flatten, type Nested } from './nested.ts';
import { Pipelines } from './pipelines.ts';
import type { InputTypes, Plan } from './plan.ts';
import type { Product } from './product.ts';
import { ReadBack } from './read-back.ts';
import { checkIntegers, checkShape, formatShape, type Shape, sizeOf } from './shape.ts';
import { ALIGNMENT, align, type Storage } from './storage.ts';
import { type DType, Tensor } from './tensor.ts';
import { type ProductTile, type Tiles, tilesFor, usualTile } from './tiles.ts';
import { type Tuning, tunedTile } from './tuning.ts';
import { Variable } from './variable.ts';

/** How much of each kind the device has made so far; what a training step adds after warm-up must be zero. */
export interface Counters {
  /** Buffers made. */
  buffers: number;
  bindGroups: number;
  pipelines: number;
  submits: number;
  /** Bytes of GPU memory in use now, without the buffers that read-backs go through. */
  bytes: number;
}

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

const USAGE = 0x4 | 0x8 | 0x40 | 0x80; // COPY_SRC | COPY_DST | UNIFORM | STORAGE

/** Used where there: time for `profile` alone, subgroups in kernels whose lanes share loads. */
const FEATURES = ['timestamp-query', 'subgroups'] as const;

/** Submitted runs that may be unfinished before {@link Device.room} waits. */
const MAX_PENDING = 3;

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
  readonly pipelines: Pipelines;
  private readonly readBack: ReadBack;
  /** What was wrong with large buffers of tensors, until it is known that nothing was. */
  private readonly faults = new WeakMap<GPUBuffer, Promise<DeviceError | undefined>>();
  private readonly forgotten = new FinalizationRegistry<GPUBuffer>((buffer) => this.free(buffer));
  private pending = 0;
  private waiting: (() => void)[] = [];
  private failure: DeviceError | undefined;
  private destroyed = false;

  private constructor(gpu: GPUDevice, kind: 'hardware' | 'software', options: DeviceOptions) {
    const { bindingLimit, readLimit, tiles, tuning = {} } = options;
    this.gpu = gpu;
    this.pipelines = new Pipelines(this);
    this.readBack = new ReadBack(this, readLimit);
    const { maxStorageBufferBindingSize } = gpu.limits;
    this.bindingLimit = Math.min(bindingLimit ?? maxStorageBufferBindingSize, maxStorageBufferBindingSize);
    this.tiles = { ...tilesFor(kind, subgroupSize(gpu)), ...tiles };
    this.tuning = tuning;
    gpu.addEventListener('uncapturederror', ({ error }) => {
      this.failure ??= asDeviceError(error);
    });
    void gpu.lost.then(({ reason, message }) => {
      // What follows from a loss is told by other errors first.
      if (!this.destroyed && !(this.failure instanceof DeviceLostError))
        this.failure = new DeviceLostError(
          `The GPU device was lost (${message === '' ? reason : firstLine(message)}).`,
        );
      this.wake();
    });
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
    return this.track(new Tensor(this, shape, 'f32', { storage: this.allocate(sizeOf(shape) * 4) }));
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
    this.write(bytes.storage!, values);
  }

  /** A tensor that can be changed, of numbers as {@link Device.tensor} takes them, with the same errors. */
  variable(values: Nested | Float32Array, shape?: Shape): Variable {
    const [flat, own] = flatten(values);
    checkShape(shape ?? own, 'variable');
    const tensor = new Variable(this, shape ?? own, this.allocate(flat.length * 4));
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
    const storage = this.allocate(values.byteLength);
    this.write(storage, values);
    return this.track(new Tensor(this, shape, dtype, { storage }));
  }

  /** @internal Writes from the beginning of `storage`; the queue writes whole words only. */
  write({ buffer, offset }: Storage, { buffer: source, byteOffset, byteLength }: ArrayBufferView): void {
    const whole = byteLength - (byteLength % 4);
    const rest = new Uint8Array(4);
    rest.set(new Uint8Array(source, byteOffset + whole, byteLength - whole));
    this.using([buffer], () => {
      this.gpu.queue.writeBuffer(buffer, offset, source as ArrayBuffer, byteOffset, whole);
      if (whole < byteLength) this.gpu.queue.writeBuffer(buffer, offset + whole, rest);
    });
  }

  /** @internal Makes calls to WebGPU that use these buffers. What is wrong with the buffers is theirs alone: {@link sound} throws it. */
  using<T>(buffers: readonly GPUBuffer[], calls: () => T): T {
    return buffers.some((buffer) => this.faults.has(buffer)) ? this.scoped('validation', calls).value : calls();
  }

  /** @internal Waits until it is known that there is memory for these buffers. @throws DeviceError if there is none */
  async sound(buffers: readonly GPUBuffer[]): Promise<void> {
    for (const buffer of buffers) {
      const fault = this.faults.get(buffer);
      if (fault !== undefined) await this.raise(fault);
    }
  }

  /**
   * Traces `trace` once and compiles what it returns. Its argument holds a scalar tensor for every name in `inputs`; their
   * values are given anew to every {@link Plan.run}. All pipelines are compiled in parallel before the promise resolves.
   */
  async compile<Inputs extends InputTypes>(
    inputs: Inputs,
    trace: (inputs: { readonly [Name in keyof Inputs]: Tensor }) => Trace,
  ): Promise<Plan<Inputs>> {
    const names = Object.keys(inputs);
    const buffer = names.length > 0 ? this.buffer(names.length * ALIGNMENT, 'The inputs of a plan') : undefined;
    const tensors = names.map((name, i) => {
      const storage = { buffer: buffer!, offset: i * ALIGNMENT, size: ALIGNMENT };
      return [name, new Tensor(this, [], inputs[name]!, { storage })];
    });
    try {
      return await compile(this, inputs, buffer, trace(Object.fromEntries(tensors)));
    } catch (error) {
      if (buffer !== undefined) this.free(buffer);
      throw error;
    }
  }

  /** Computes the tensors that are not computed yet; afterwards their elements lie in memory and their graph is forgotten. */
  async evaluate(tensors: readonly Tensor[]): Promise<void> {
    const missing = [...new Set(tensors.map(unshaped))].filter(({ storage }) => storage === undefined);
    if (missing.length === 0) return;
    const plan = await compile(this, {}, undefined, {
      outputs: Object.fromEntries(missing.map((tensor, i) => [i, tensor])),
    });
    plan.run({});
    const kept = new Set<GPUBuffer>();
    missing.forEach((tensor, i) => {
      tensor.storage = plan.storageOf(String(i));
      tensor.node = undefined;
      tensor.materialised = true;
      kept.add(tensor.storage.buffer);
      this.track(tensor);
    });
    plan.destroy(kept);
  }

  /** Resolves as soon as fewer than three submitted runs are unfinished: the loop's only wait. */
  async room(): Promise<void> {
    while (this.pending >= MAX_PENDING && this.failure === undefined) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.check();
  }

  /** Resolves when everything submitted so far is done. */
  async finished(): Promise<void> {
    // Chromium rejects where the device was lost meanwhile; others resolve.
    await this.gpu.queue.onSubmittedWorkDone().catch((error: unknown) => {
      this.check();
      throw new DeviceLostError(`The GPU device was lost (${error instanceof Error ? error.message : String(error)}).`);
    });
    this.check();
  }

  /** Ends the device and frees all of its memory. */
  destroy(): void {
    this.destroyed = true;
    this.gpu.destroy();
  }

  /** @internal */
  submit(record: (encoder: GPUCommandEncoder) => void): void {
    const encoder = this.gpu.createCommandEncoder();
    record(encoder);
    this.gpu.queue.submit([encoder.finish()]);
    this.counters.submits++;
    this.pending++;
    void this.gpu.queue.onSubmittedWorkDone().then(
      () => this.done(),
      () => this.done(),
    );
  }

  private done(): void {
    this.pending--;
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** @internal Copies `bytes` from the beginning of `storage` to the host, after all that was submitted before. */
  async read(storage: Storage, bytes: number): Promise<ArrayBuffer> {
    const reading = this.using([storage.buffer], () => this.readBack.read(storage, bytes));
    const [, result] = await Promise.all([this.sound([storage.buffer]), reading]);
    return result;
  }

  /** @internal @throws DeviceError if a buffer of `bytes` can't be had; `what` names it. */
  buffer(bytes: number, what: string): GPUBuffer {
    const { maxBufferSize } = this.limits;
    if (bytes > maxBufferSize) {
      throw new DeviceError(
        `${what} would take ${bytes} bytes, but this adapter holds at most ${maxBufferSize} at once; use less at a time.`,
      );
    }
    this.counters.buffers++;
    this.counters.bytes += align(bytes);
    return this.gpu.createBuffer({ size: align(bytes), usage: USAGE });
  }

  /** Memory of a tensor. Where there is none for a large one, what uses the tensor throws, and nothing else. */
  private allocate(bytes: number): Storage {
    const make = () => this.buffer(bytes, 'A tensor');
    if (bytes < LARGE_BUFFER) return { buffer: make(), offset: 0, size: align(bytes) };
    const { value: buffer, fault } = this.scoped('out-of-memory', make);
    this.faults.set(buffer, fault);
    void fault.then((error) => error === undefined && this.faults.delete(buffer));
    return { buffer, offset: 0, size: align(bytes) };
  }

  /** Frees the tensor's buffer when the tensor is collected. */
  private track<T extends Tensor>(tensor: T): T {
    this.forgotten.register(tensor, tensor.storage!.buffer);
    return tensor;
  }

  /** @internal */
  free(buffer: GPUBuffer): void {
    this.counters.bytes -= buffer.size;
    buffer.destroy();
  }

  /** @internal */
  bindGroup(pipeline: GPUComputePipeline, entries: readonly { binding: number; storage: Storage }[]): GPUBindGroup {
    this.counters.bindGroups++;
    return this.gpu.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: entries.map(({ binding, storage }) => ({ binding, resource: storage })),
    });
  }

  /**
   * @internal Makes `calls` to WebGPU. What is wrong with them, of the kind `filter`, is the `fault` alone, and no error of the device;
   * see {@link raise} and {@link blame}.
   */
  scoped<T>(
    filter: GPUErrorFilter,
    calls: () => T,
  ): { readonly value: T; readonly fault: Promise<DeviceError | undefined> } {
    this.gpu.pushErrorScope(filter);
    // A device that is lost says so elsewhere.
    const pop = () => this.gpu.popErrorScope().catch(() => null);
    let value: T;
    try {
      value = calls();
    } catch (error) {
      void pop();
      throw error;
    }
    return { value, fault: pop().then((error) => (error === null ? undefined : asDeviceError(error))) };
  }

  /** @internal Waits for what was wrong with some calls. @throws DeviceError if anything was. */
  async raise(fault: Promise<DeviceError | undefined>): Promise<void> {
    const error = await fault;
    if (error !== undefined) throw error;
  }

  /** @internal Has the next call that waits for the GPU throw what was wrong: to ask now would hold up small work. */
  blame(fault: Promise<DeviceError | undefined>): void {
    void fault.then((error) => {
      this.failure ??= error;
    });
  }

  /** @internal @throws DeviceError once for a call that WebGPU refused, and always after the device or its memory is lost */
  check(): void {
    const { failure } = this;
    if (failure === undefined) return;
    if (!(failure instanceof DeviceLostError)) this.failure = undefined;
    throw failure;
  }
}

const asDeviceError = (error: GPUError): DeviceError =>
  error.constructor.name === 'GPUOutOfMemoryError'
    ? new DeviceLostError(`The GPU has no memory left (${firstLine(error)}). Use a smaller batch.`)
    : new DeviceError(`WebGPU refused a call (${firstLine(error)}).`);

/** Lanes of every subgroup; 1 where the device has none or they differ. */
function subgroupSize({ features, adapterInfo }: GPUDevice): number {
  const { subgroupMinSize, subgroupMaxSize } = adapterInfo;
  return features.has('subgroups') && subgroupMinSize === subgroupMaxSize ? subgroupMinSize : 1;
}
