/** Stands for `../src/node` where the tests run in a browser: the adapter is the page's. */
export async function requestAdapter(): Promise<{ adapter: GPUAdapter; info: { kind: 'hardware' | 'software' } }> {
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter === null) throw new Error('This browser gives no WebGPU adapter.');
  const { architecture, isFallbackAdapter } = adapter.info;
  return { adapter, info: { kind: isFallbackAdapter || architecture === 'swiftshader' ? 'software' : 'hardware' } };
}
