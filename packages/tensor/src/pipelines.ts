import type { Device } from './device.ts';
import type { Dispatch } from './dispatch.ts';
import { DeviceError, firstLine } from './errors.ts';
import { formatShape } from './shape.ts';

/** How many are kept for other plans: those that were used last. A plan keeps its own. */
const MOST = 512;

/** The compiled kernels of a device, by their text. */
export class Pipelines {
  private readonly device: Device;
  /** Those used last are at the end. */
  private readonly cache = new Map<string, Promise<GPUComputePipeline>>();

  constructor(device: Device) {
    this.device = device;
  }

  /** Those of all dispatches, compiled in parallel, each text once. @throws DeviceError if the adapter refuses one */
  async of(dispatches: readonly Dispatch[]): Promise<GPUComputePipeline[]> {
    const find = () => dispatches.map((dispatch) => this.find(dispatch));
    // What is wrong with a module is said by its pipeline.
    const missing = dispatches.some(({ source }) => !this.cache.has(source));
    const compiling = missing ? this.device.scoped('validation', find).value : find();
    // One that fails must not leave the others compiling behind the caller's back.
    await Promise.allSettled(compiling);
    return Promise.all(compiling);
  }

  private find(dispatch: Dispatch): Promise<GPUComputePipeline> {
    const { source } = dispatch;
    const pipeline = this.cache.get(source) ?? this.compile(dispatch);
    this.cache.delete(source);
    this.cache.set(source, pipeline);
    const [oldest] = this.cache.keys();
    if (this.cache.size > MOST) this.cache.delete(oldest!);
    return pipeline;
  }

  private async compile({ name, shapes, source }: Dispatch): Promise<GPUComputePipeline> {
    const { gpu, counters } = this.device;
    counters.pipelines++;
    const module = gpu.createShaderModule({ code: source, label: name });
    try {
      const compute = { module, entryPoint: 'main' };
      return await gpu.createComputePipelineAsync({ label: name, layout: 'auto', compute });
    } catch (error) {
      this.cache.delete(source);
      const what = shapes.map(formatShape).join(' to ');
      const { messages } = await module.getCompilationInfo();
      const wrong = messages.find(({ type }) => type === 'error');
      const line = source.split('\n')[(wrong?.lineNum ?? 0) - 1]?.trim();
      const reason = wrong === undefined ? firstLine(error) : `${wrong.message}${line ? ` in \`${line}\`` : ''}`;
      throw new DeviceError(`This adapter refuses the kernel of ${name}, ${what} (${reason}).`);
    }
  }
}
