/** The adapters of a page or a worker. */
import { Device, type DeviceOptions } from './device.ts';
import { DeviceError } from './errors.ts';
import { isSoftware } from './software.ts';

/** An adapter of this browser, and its description. */
export interface WebAdapter {
  readonly adapter: GPUAdapter;
  readonly info: {
    /** The driver's name for it. Failing that, the vendor and device, or `unnamed adapter`. */
    readonly name: string;
    readonly kind: 'hardware' | 'software';
  };
}

/**
 * Requests this browser's most powerful adapter and describes it. Each call returns a new adapter, because an adapter
 * creates only one device.
 * @throws DeviceError if the browser has no WebGPU, or no adapter for it. The message is meant for the visitor
 */
export async function requestAdapter(): Promise<WebAdapter> {
  if (globalThis.navigator?.gpu === undefined) {
    const secure: boolean | undefined = globalThis.isSecureContext;
    const reason = secure
      ? 'Use a current Chrome, Edge, Safari or Firefox.'
      : secure === false
        ? 'Browsers offer it to pages over https and on localhost only.'
        : 'Outside of browsers, use openDevice of @hourglass/node.';
    throw new DeviceError(`There is no WebGPU here. ${reason}`);
  }
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new DeviceError('This browser has WebGPU, but finds no graphics adapter for it.');
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const name = description || [vendor, device || architecture].filter(Boolean).join(' ') || 'unnamed adapter';
  const software = isFallbackAdapter || isSoftware(`${architecture} ${device} ${description}`);
  return { adapter, info: { name, kind: software ? 'software' : 'hardware' } };
}

/**
 * A device on the adapter that {@link requestAdapter} returns, with the limits that the engine needs.
 * @throws DeviceError if there is no adapter or device
 */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const { adapter, info } = await requestAdapter();
  return Device.create(adapter, info.kind, options);
}
