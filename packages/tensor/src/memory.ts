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
  /** What was wrong with large buffers of tensors, until it is known that nothing was. */
  private readonly doubtful = new WeakMap<GPUBuffer, Scoped<unknown>['fault']>();
  private readonly forgotten = new FinalizationRegistry<GPUBuffer>((buffer) => this.free(buffer));

  constructor(gpu: GPUDevice, counters: Counters, faults: Faults) {
    this.gpu = gpu;
    this.counters = counters;
    this.faults = faults;
  }

  /** @throws DeviceError if a buffer of `bytes` can't be had; `what` names it. */
  buffer(bytes: number, what: string): GPUBuffer {
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

  /** Memory of a tensor. Where there is none for a large one, what uses the tensor throws, and nothing else. */
  allocate(bytes: number): Storage {
    const make = () => this.buffer(bytes, 'A tensor');
    if (bytes < LARGE_BUFFER) return { buffer: make(), offset: 0, size: align(bytes) };
    const { value: buffer, fault } = this.faults.scoped('out-of-memory', make);
    this.doubtful.set(buffer, fault);
    void fault.then((error) => error === undefined && this.doubtful.delete(buffer));
    return { buffer, offset: 0, size: align(bytes) };
  }

  free(buffer: GPUBuffer): void {
    this.counters.bytes -= buffer.size;
    buffer.destroy();
  }

  /** Frees a buffer when its owner is collected. */
  freeWith(owner: object, buffer: GPUBuffer): void {
    this.forgotten.register(owner, buffer);
  }

  /** Writes from the beginning of `storage`; the queue writes whole words only. */
  write({ buffer, offset }: Storage, { buffer: source, byteOffset, byteLength }: ArrayBufferView): void {
    const whole = byteLength - (byteLength % 4);
    const rest = new Uint8Array(4);
    rest.set(new Uint8Array(source, byteOffset + whole, byteLength - whole));
    this.using([buffer], () => {
      this.gpu.queue.writeBuffer(buffer, offset, source as ArrayBuffer, byteOffset, whole);
      if (whole < byteLength) this.gpu.queue.writeBuffer(buffer, offset + whole, rest);
    });
  }

  /** Makes calls to WebGPU that use these buffers. What is wrong with the buffers is theirs alone: {@link sound} throws it. */
  using<T>(buffers: readonly GPUBuffer[], calls: () => T): T {
    const doubtful = buffers.some((buffer) => this.doubtful.has(buffer));
    return doubtful ? this.faults.scoped('validation', calls).value : calls();
  }

  /** Waits until it is known that there is memory for these buffers. @throws DeviceError if there is none */
  async sound(buffers: readonly GPUBuffer[]): Promise<void> {
    for (const buffer of buffers) {
      const fault = this.doubtful.get(buffer);
      if (fault !== undefined) await this.faults.raise(fault);
    }
  }
}
