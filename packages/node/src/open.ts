import { Device, type DeviceOptions } from '@hourglass/tensor';
import { type AdapterChoice, type AdapterOptions, requestAdapter } from './adapter.ts';

/** Which adapter to open, and how to make its device. */
export interface OpenOptions extends AdapterOptions, Omit<DeviceOptions, 'kind'> {
  /** The kind of adapter; default `auto`. */
  readonly adapter?: AdapterChoice | undefined;
}

/**
 * Opens a device on the adapter that {@link requestAdapter} finds: by default a GPU, else a software driver.
 *
 * @throws NoAdapterError if no adapter fits
 * @throws DeviceError if the adapter makes no device
 */
export async function openDevice({ adapter: choice, cacheDir, ...options }: OpenOptions = {}): Promise<Device> {
  const { adapter, info } = await requestAdapter(choice, { cacheDir });
  return Device.create(adapter, info.kind, options);
}
