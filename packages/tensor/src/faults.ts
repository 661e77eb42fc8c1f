import { DeviceError, DeviceLostError, firstLine } from './errors.ts';

/** A call's result, and its error, which WebGPU reports later. */
export interface Scoped<T> {
  readonly value: T;
  readonly fault: Promise<DeviceError | undefined>;
}

/** GPU errors that WebGPU reports after the calls that caused them have returned. */
export class Faults {
  private readonly gpu: GPUDevice;
  private failure: DeviceError | undefined;
  private destroyed = false;

  constructor(gpu: GPUDevice) {
    this.gpu = gpu;
    gpu.addEventListener('uncapturederror', ({ error }) => {
      this.failure ??= asDeviceError(error);
    });
    void gpu.lost.then(({ reason, message }) => {
      // WebGPU may report errors that follow from a loss before the loss itself.
      if (!this.destroyed && !(this.failure instanceof DeviceLostError))
        this.failure = new DeviceLostError(
          `The GPU device was lost (${message === '' ? reason : firstLine(message)}).`,
        );
    });
  }

  /** Whether {@link check} would throw. */
  get any(): boolean {
    return this.failure !== undefined;
  }

  /**
   * @throws DeviceError once for a call that WebGPU refused, and always after the device is destroyed, lost or out of
   *   memory
   */
  check(): void {
    const { failure } = this;
    if (failure === undefined) return;
    if (!this.destroyed && !(failure instanceof DeviceLostError)) this.failure = undefined;
    throw failure;
  }

  /**
   * Makes `calls` to WebGPU. An error of the kind `filter` becomes the `fault` and does not count as an error of the
   * device; see {@link raise} and {@link blame}.
   */
  scoped<T>(filter: GPUErrorFilter, calls: () => T): Scoped<T> {
    this.gpu.pushErrorScope(filter);
    // The handler of `lost` reports a lost device.
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

  /** Waits for the fault of some calls. @throws DeviceError if there is one. */
  async raise(fault: Scoped<unknown>['fault']): Promise<void> {
    const error = await fault;
    if (error !== undefined) throw error;
  }

  /** Makes the next call that waits for the GPU throw the fault: waiting for it now would delay small work. */
  blame(fault: Scoped<unknown>['fault']): void {
    void fault.then((error) => {
      this.failure ??= error;
    });
  }

  /** Call this before destroying the device, so that everything later says so. */
  close(): void {
    this.destroyed = true;
    this.failure = new DeviceError('The device is destroyed; open another.');
  }

  /** Cheap enough for every run. @throws DeviceError after {@link close} */
  checkOpen(): void {
    if (this.destroyed) throw this.failure!;
  }
}

const asDeviceError = (error: GPUError): DeviceError =>
  error.constructor.name === 'GPUOutOfMemoryError'
    ? new DeviceLostError(`The GPU has no memory left (${firstLine(error)}). Use a smaller batch.`)
    : new DeviceError(`WebGPU refused a call (${firstLine(error)}).`);
