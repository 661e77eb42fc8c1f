import type { Counters } from './counters.ts';
import { DeviceError } from './errors.ts';
import type { Faults, Scoped } from './faults.ts';
import { LARGE_BUFFER } from './limits.ts';
import { align, type Storage } from './storage.ts';

const USAGE = 0x4 | 0x8 | 0x40 | 0x80; // COPY_SRC | COPY_DST | UNIFORM | STORAGE

/** The buffers of a device. */
export class Memory {
  private readonly gpu: GPUDevice;
  private readonly counters: Counters;
  private readonly faults: Faults;
  /** The faults of large tensor buffers. An entry is removed once the allocation is known to have succeeded. */
  private readonly doubtful = new WeakMap<GPUBuffer, Scoped<unknown>['fault']>();
  private readonly freed = new WeakSet<GPUBuffer>();
  private readonly forgotten = new FinalizationRegistry<GPUBuffer>((buffer) => this.free(buffer));

  constructor(gpu: GPUDevice, counters: Counters, faults: Faults) {
    this.gpu = gpu;
    this.counters = counters;
    this.faults = faults;
  }

  /** @throws DeviceError if the adapter can't hold a buffer of `bytes`; the message calls the buffer `what`. */
  buffer(bytes: number, what: string): GPUBuffer {
    this.faults.checkOpen();
    const { maxBufferSize } = this.gpu.limits;
    if (bytes > maxBufferSize) {
      throw new DeviceError(
        `${what} would take ${bytes} bytes, but this adapter holds at most ${maxBufferSize} at once; use less at a time.`,
      );
    }
    this.counters.buffers++;
    this.counters.bytes += align(bytes);
    return this.gpu.createBuffer({ size: align(bytes), usage: USAGE });
  }

  /**
   * Memory for a tensor. If the GPU has no room for a large tensor, only operations that use this tensor throw.
   * @throws DeviceError if the adapter can't hold a buffer of `bytes`
   */
  allocate(bytes: number): Storage {
    const make = () => this.buffer(bytes, 'A tensor');
    if (bytes < LARGE_BUFFER) return { buffer: make(), offset: 0, bytes: align(bytes) };
    const { value: buffer, fault } = this.faults.scoped('out-of-memory', make);
    this.doubtful.set(buffer, fault);
    void fault.then((error) => error === undefined && this.doubtful.delete(buffer));
    return { buffer, offset: 0, bytes: align(bytes) };
  }

  /** Frees a buffer, once. */
  free(buffer: GPUBuffer): void {
    if (this.isFreed(buffer)) return;
    this.freed.add(buffer);
    this.counters.bytes -= buffer.size;
    buffer.destroy();
  }

  isFreed(buffer: GPUBuffer): boolean {
    return this.freed.has(buffer);
  }

  /** Frees a buffer when its owner is garbage-collected. */
  freeWith(owner: object, buffer: GPUBuffer): void {
    this.forgotten.register(owner, buffer);
  }

  /** Writes to the beginning of `storage`. The queue writes only whole words. */
  write({ buffer, offset }: Storage, { buffer: source, byteOffset, byteLength }: ArrayBufferView): void {
    this.faults.checkOpen();
    const whole = byteLength - (byteLength % 4);
    const rest = new Uint8Array(4);
    rest.set(new Uint8Array(source, byteOffset + whole, byteLength - whole));
    this.using([buffer], () => {
      this.gpu.queue.writeBuffer(buffer, offset, source as ArrayBuffer, byteOffset, whole);
      if (whole < byteLength) this.gpu.queue.writeBuffer(buffer, offset + whole, rest);
    });
  }

  /**
   * Makes calls to WebGPU that use these buffers. If an allocation has failed, errors that follow from it are dropped:
   * only {@link sound} throws the failure.
   */
  using<T>(buffers: readonly GPUBuffer[], calls: () => T): T {
    const doubtful = buffers.some((buffer) => this.doubtful.has(buffer));
    return doubtful ? this.faults.scoped('validation', calls).value : calls();
  }

  /** Waits until it is known whether there is memory for these buffers. @throws DeviceError if there is none */
  async sound(buffers: readonly GPUBuffer[]): Promise<void> {
    for (const buffer of buffers) {
      const fault = this.doubtful.get(buffer);
      if (fault !== undefined) await this.faults.raise(fault);
    }
  }
}
