import { DeviceError, DeviceLostError, firstLine } from './errors.ts';

/** A call's result, and what was wrong with it: WebGPU says so later. */
export interface Scoped<T> {
  readonly value: T;
  readonly fault: Promise<DeviceError | undefined>;
}

/** What goes wrong on the GPU, after the calls that caused it have returned. */
export class Faults {
  private readonly gpu: GPUDevice;
  private failure: DeviceError | undefined;
  private expectsLoss = false;

  constructor(gpu: GPUDevice) {
    this.gpu = gpu;
    gpu.addEventListener('uncapturederror', ({ error }) => {
      this.failure ??= asDeviceError(error);
    });
    void gpu.lost.then(({ reason, message }) => {
      // What follows from a loss is told by other errors first.
      if (!this.expectsLoss && !(this.failure instanceof DeviceLostError))
        this.failure = new DeviceLostError(
          `The GPU device was lost (${message === '' ? reason : firstLine(message)}).`,
        );
    });
  }

  /** Whether {@link check} would throw. */
  get any(): boolean {
    return this.failure !== undefined;
  }

  /** @throws DeviceError once for a call that WebGPU refused, and always after the device or its memory is lost */
  check(): void {
    const { failure } = this;
    if (failure === undefined) return;
    if (!(failure instanceof DeviceLostError)) this.failure = undefined;
    throw failure;
  }

  /**
   * Makes `calls` to WebGPU. What is wrong with them, of the kind `filter`, is the `fault` alone, and no error of the device; see
   * {@link raise} and {@link blame}.
   */
  scoped<T>(filter: GPUErrorFilter, calls: () => T): Scoped<T> {
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

  /** Waits for what was wrong with some calls. @throws DeviceError if anything was. */
  async raise(fault: Scoped<unknown>['fault']): Promise<void> {
    const error = await fault;
    if (error !== undefined) throw error;
  }

  /** Has the next call that waits for the GPU throw what was wrong: to ask now would hold up small work. */
  blame(fault: Scoped<unknown>['fault']): void {
    void fault.then((error) => {
      this.failure ??= error;
    });
  }

  /** The device is about to be destroyed, which is no fault. */
  expectLoss(): void {
    this.expectsLoss = true;
  }
}

const asDeviceError = (error: GPUError): DeviceError =>
  error.constructor.name === 'GPUOutOfMemoryError'
    ? new DeviceLostError(`The GPU has no memory left (${firstLine(error)}). Use a smaller batch.`)
    : new DeviceError(`WebGPU refused a call (${firstLine(error)}).`);
