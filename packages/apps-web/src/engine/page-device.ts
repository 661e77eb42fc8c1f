import { type FittedWeights, TrainedModel } from '@hourglass/experiments';
import { type Device, DeviceError, type Product, type Tuning } from '@hourglass/tensor';
import { type OpenDevice, openDevice } from './adapter.ts';
import { keepTuning, storedTuning, withMeasured } from './tuning.ts';

/** Milliseconds of work after which a CPU rests, and of the rest. */
const WORK = 80;
const REST = 20;

/** The page's device, and the models on it. After a loss, the next request opens another. */
export class PageDevice {
  private opened: Promise<OpenDevice> | undefined;
  /** The current adapter's tuning, kept so that a device that replaces a lost one computes the same bits. */
  private tuning: Tuning = {};
  private models = new Map<FittedWeights, TrainedModel>();
  private rested = 0;

  /** The current device; after a loss, a new one. */
  open(): Promise<OpenDevice> {
    if (this.opened === undefined) {
      this.opened = openDevice().then((opened) => {
        opened.device.tuning = this.tuning;
        return opened;
      });
      this.opened.then(
        ({ device }) => void device.gpu.lost.then(() => this.discard(device)),
        () => {
          this.opened = undefined;
        },
      );
    }
    return this.opened;
  }

  /** Discards a device that no longer works. */
  async discard(device: Device): Promise<void> {
    if ((await this.opened)?.device !== device) return;
    this.opened = undefined;
    this.models = new Map();
    device.destroy();
  }

  /** Runs a model. A device that fails is discarded. */
  async run<Result>(fitted: FittedWeights, compute: (model: TrainedModel) => Promise<Result>): Promise<Result> {
    const { device } = await this.open();
    const model = this.models.get(fitted) ?? TrainedModel.from(device, fitted);
    this.models.set(fitted, model);
    try {
      return await compute(model);
    } catch (error) {
      if (error instanceof DeviceError) await this.discard(device);
      throw error;
    }
  }

  /**
   * On a CPU: waits now and then until nothing is left to compute, and leaves the cores to the display. Without this,
   * the frames of the page queue up behind the training steps, and fewer and fewer reach the screen.
   */
  async rest(): Promise<void> {
    if (performance.now() - this.rested < WORK) return;
    const { device, info } = await this.open();
    if (info.kind === 'hardware') return;
    await device.finished();
    await new Promise((resolve) => setTimeout(resolve, REST));
    this.rested = performance.now();
  }

  /** On hardware: measures products not yet measured, on a separate device, and stores the tuning. */
  async tune(
    products: (device: Device) => readonly Product[],
    onProgress: (done: number, total: number) => void,
  ): Promise<void> {
    const { device, info, identity } = await this.open();
    if (info.kind === 'software') return;
    const { device: own } = await openDevice();
    try {
      this.tuning = await withMeasured(await storedTuning(identity), own, products(own), onProgress);
    } finally {
      own.destroy();
    }
    device.tuning = this.tuning;
    await keepTuning(identity, this.tuning);
  }
}
