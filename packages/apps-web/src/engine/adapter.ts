import { Device } from '@hourglass/tensor';
import { requestAdapter, type WebAdapter } from '@hourglass/tensor/web';

export interface OpenDevice {
  readonly device: Device;
  readonly info: WebAdapter['info'];
  /** Identifies the adapter and everything the browser reports that affects kernel speed. */
  readonly identity: string;
}

/**
 * Opens a device on the browser's most powerful adapter.
 * @throws DeviceError, worded for the visitor, if no adapter exists
 */
export async function openDevice(): Promise<OpenDevice> {
  const { adapter, info } = await requestAdapter();
  const { vendor, architecture, device, description } = adapter.info;
  const identity = [vendor, architecture, device, description, navigator.userAgent].join(' ');
  return { device: await Device.create(adapter, info.kind), info, identity };
}
