import { Device } from '../device.ts';
import { type AdapterChoice, type AdapterInfo, type AdapterOptions, requestAdapter } from './adapter.ts';

/**
 * A device on the adapter that {@link requestAdapter} gives, and what that adapter is.
 * @throws NoAdapterError if no adapter fits the choice.
 */
export async function openDevice(
  choice: AdapterChoice = 'auto',
  options: AdapterOptions = {},
): Promise<{ readonly device: Device; readonly info: AdapterInfo }> {
  const { adapter, info } = await requestAdapter(choice, options);
  return { device: await Device.create(adapter, info.kind), info };
}
