import type { Counters } from './counters.ts';
import { DeviceLostError } from './errors.ts';
import type { Faults } from './faults.ts';

/** Submitted runs that may be unfinished before {@link Queue.room} waits. */
const MAX_PENDING = 3;

/** Submits work to the GPU, and waits for it. */
export class Queue {
  private readonly gpu: GPUDevice;
  private readonly counters: Counters;
  private readonly faults: Faults;
  private pending = 0;
  private waiting: (() => void)[] = [];

  constructor(gpu: GPUDevice, counters: Counters, faults: Faults) {
    this.gpu = gpu;
    this.counters = counters;
    this.faults = faults;
    void gpu.lost.then(() => this.wake());
  }

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

  /**
   * Resolves as soon as fewer than three submitted runs are unfinished.
   * @throws as {@link Faults.check}
   */
  async room(): Promise<void> {
    while (this.pending >= MAX_PENDING && !this.faults.any) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.faults.check();
  }

  /**
   * Resolves when everything submitted so far is done.
   * @throws as {@link Faults.check}
   */
  async finished(): Promise<void> {
    // Chromium rejects if the device was lost meanwhile; other implementations resolve.
    await this.gpu.queue.onSubmittedWorkDone().catch((error: unknown) => {
      this.faults.check();
      throw new DeviceLostError(`The GPU device was lost (${error instanceof Error ? error.message : String(error)}).`);
    });
    this.faults.check();
  }

  private done(): void {
    this.pending--;
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
