import { Device } from '@hourglass/tensor';
import type { AdapterInfo } from './api.ts';

/** Drivers that run on the CPU: SwiftShader, Mesa's lavapipe, Windows' WARP. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|microsoft basic render/i;

export interface OpenDevice {
  readonly device: Device;
  readonly info: AdapterInfo;
  /** The adapter and all that its kernels' speed depends on, as far as the browser says. */
  readonly identity: string;
}

/**
 * A device on the browser's most powerful adapter.
 * @throws Error with a sentence for the visitor if there is none
 */
export async function openDevice(): Promise<OpenDevice> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('This browser has WebGPU, but finds no graphics adapter for it.');
  const { vendor, architecture, device: model, description, isFallbackAdapter } = adapter.info;
  const name = description || [vendor, model || architecture].filter(Boolean).join(' ') || 'unnamed adapter';
  const kind = isFallbackAdapter || SOFTWARE.test(`${architecture} ${model} ${description}`) ? 'software' : 'hardware';
  const identity = [vendor, architecture, model, description, navigator.userAgent].join(' ');
  return { device: await Device.create(adapter, kind), info: { name, kind }, identity };
}
