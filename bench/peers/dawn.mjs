/** WebGPU in Node for libraries that expect a browser: Dawn, on the adapter that `hourglass bench` chose. */
import { create, globals } from 'webgpu';

/** Provides `navigator.gpu` as a browser does. Resolves to the adapter's name. */
export async function provideWebGpu() {
  const name = process.env.HOURGLASS_ADAPTER;
  const gpu = create(name === undefined ? [] : [`adapter=${name}`]);
  Object.assign(globalThis, globals);
  globalThis.window = globalThis;
  globalThis.self = globalThis;
  globalThis.navigator ??= { userAgent: 'node', hardwareConcurrency: 1 };
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new Error('Dawn finds no adapter');
  return adapter.info.description || adapter.info.device;
}
