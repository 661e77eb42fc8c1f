/** The adapters of a page or a worker. */
import { Device, type DeviceOptions } from './device.ts';
import { DeviceError } from './errors.ts';
import { isSoftware } from './software.ts';

/** An adapter of this browser, and what it is. */
export interface WebAdapter {
  readonly adapter: GPUAdapter;
  readonly info: {
    /** As its driver calls it, as far as the browser says. */
    readonly name: string;
    readonly kind: 'hardware' | 'software';
  };
}

/**
 * A fresh adapter (each makes one device), the most powerful one of this browser, and what it is.
 * @throws DeviceError if the browser has no WebGPU, or no adapter for it. The message is a sentence for the visitor
 */
export async function requestAdapter(): Promise<WebAdapter> {
  if (globalThis.navigator?.gpu === undefined) {
    const reason = globalThis.isSecureContext
      ? 'Use a current Chrome, Edge, Safari or Firefox.'
      : 'Browsers offer it to pages over https and on localhost only.';
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
 * A device on the adapter that {@link requestAdapter} gives, with the limits that the engine needs.
 * @throws DeviceError if there is none
 */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const { adapter, info } = await requestAdapter();
  return Device.create(adapter, info.kind, options);
}
