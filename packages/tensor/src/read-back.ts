import type { Counters } from './counters.ts';
import { DeviceError, firstLine } from './errors.ts';
import type { Faults } from './faults.ts';
import type { Memory } from './memory.ts';
import type { Queue } from './queue.ts';
import { align, type Storage } from './storage.ts';

const USAGE = 0x1 | 0x8; // MAP_READ | COPY_DST
const MAP_READ_MODE = 0x1; // GPUMapMode.READ, which is not a global in Node

/** Some drivers terminate the process on a copy of 2³¹ bytes. */
const MOST_AT_ONCE = 2 ** 30;

/** Maximum bytes of buffers kept for the next read. */
const MOST_KEPT = 2 ** 28;

/** The parts of a device that read-backs need. */
interface Parts {
  readonly gpu: GPUDevice;
  readonly counters: Counters;
  readonly faults: Faults;
  readonly memory: Memory;
  readonly queue: Queue;
}

/** Copies from the GPU to the host, through reused buffers. */
export class ReadBack {
  private readonly parts: Parts;
  private readonly limit: number;
  private free: GPUBuffer[] = [];

  constructor(parts: Parts, limit = MOST_AT_ONCE) {
    this.parts = parts;
    this.limit = limit;
  }

  /**
   * The first `bytes` bytes of `storage`, as they are after all work submitted before the call.
   * @throws DeviceError if there was no memory for `storage`, none is left, or the device is destroyed
   */
  async read(storage: Storage, bytes: number): Promise<ArrayBuffer> {
    this.parts.faults.checkOpen();
    const { memory } = this.parts;
    const copied = memory.using([storage.buffer], () => this.copy(storage, bytes));
    const [, result] = await Promise.all([memory.sound([storage.buffer]), copied]);
    return result;
  }

  private async copy(storage: Storage, bytes: number): Promise<ArrayBuffer> {
    const { queue, faults } = this.parts;
    const pieces = Array.from({ length: Math.ceil(bytes / this.limit) }, (_, i) => {
      const start = i * this.limit;
      const length = Math.min(this.limit, bytes - start);
      return { start, length, whole: align(length, 4), buffer: this.take(length) };
    });
    queue.submit((encoder) => {
      for (const { start, whole, buffer } of pieces) {
        encoder.copyBufferToBuffer(storage.buffer, storage.offset + start, buffer, 0, whole);
      }
    });
    const result = new Uint8Array(bytes);
    const mapped = pieces.map(({ buffer, whole }) => buffer.mapAsync(MAP_READ_MODE, 0, whole));
    await Promise.all(mapped).catch((error: unknown) => {
      faults.check();
      throw new DeviceError(`Reading from the GPU failed (${firstLine(error)}).`);
    });
    for (const { start, length, whole, buffer } of pieces) {
      result.set(new Uint8Array(buffer.getMappedRange(0, whole), 0, length), start);
      buffer.unmap();
      this.keep(buffer);
    }
    faults.check();
    return result.buffer;
  }

  private take(bytes: number): GPUBuffer {
    const fits = this.free.findIndex(({ size }) => size >= bytes);
    if (fits !== -1) return this.free.splice(fits, 1)[0]!;
    this.parts.counters.buffers++;
    return this.parts.gpu.createBuffer({ size: align(bytes), usage: USAGE });
  }

  private keep(buffer: GPUBuffer): void {
    this.free.push(buffer);
    while (this.free.reduce((bytes, { size }) => bytes + size, 0) > MOST_KEPT) this.free.shift()!.destroy();
  }
}
