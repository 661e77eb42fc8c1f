import { Device } from '@hourglass/tensor';
import { requestAdapter, type WebAdapter } from '@hourglass/tensor/web';

export interface OpenDevice {
  readonly device: Device;
  readonly info: WebAdapter['info'];
  /** The adapter and all that its kernels' speed depends on, as far as the browser says. */
  readonly identity: string;
}

/**
 * A device on the browser's most powerful adapter.
 * @throws DeviceError with a sentence for the visitor if there is none
 */
export async function openDevice(): Promise<OpenDevice> {
  const { adapter, info } = await requestAdapter();
  const { vendor, architecture, device, description } = adapter.info;
  const identity = [vendor, architecture, device, description, navigator.userAgent].join(' ');
  return { device: await Device.create(adapter, info.kind), info, identity };
}
