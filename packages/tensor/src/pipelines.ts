import type { Counters } from './counters.ts';
import type { Dispatch } from './dispatch.ts';
import { DeviceError, firstLine } from './errors.ts';
import type { Faults } from './faults.ts';
import { formatShape } from './shape.ts';
import type { Storage } from './storage.ts';

/** Maximum pipelines kept for other plans: the most recently used. A plan keeps its own pipelines. */
const MOST = 512;

/** The compiled kernels of a device, by text. */
export class Pipelines {
  private readonly gpu: GPUDevice;
  private readonly counters: Counters;
  private readonly faults: Pick<Faults, 'scoped'>;
  /** The most recently used are at the end. */
  private readonly cache = new Map<string, Promise<GPUComputePipeline>>();

  constructor(gpu: GPUDevice, counters: Counters, faults: Pick<Faults, 'scoped'>) {
    this.gpu = gpu;
    this.counters = counters;
    this.faults = faults;
  }

  /** The pipelines of all dispatches, compiled in parallel, each text once. @throws DeviceError if one is refused */
  async of(dispatches: readonly Dispatch[]): Promise<GPUComputePipeline[]> {
    const find = () => dispatches.map((dispatch) => this.find(dispatch));
    // A module's errors are reported by its pipeline.
    const missing = dispatches.some(({ source }) => !this.cache.has(source));
    const compiling = missing ? this.faults.scoped('validation', find).value : find();
    // If one fails, wait for the others too, so that none is still compiling when this throws.
    await Promise.allSettled(compiling);
    return Promise.all(compiling);
  }

  bindGroup(pipeline: GPUComputePipeline, entries: readonly { binding: number; storage: Storage }[]): GPUBindGroup {
    this.counters.bindGroups++;
    return this.gpu.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: entries.map(({ binding, storage: { buffer, offset, bytes } }) => {
        return { binding, resource: { buffer, offset, size: bytes } };
      }),
    });
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
    this.counters.pipelines++;
    const module = this.gpu.createShaderModule({ code: source, label: name });
    try {
      const compute = { module, entryPoint: 'main' };
      return await this.gpu.createComputePipelineAsync({ label: name, layout: 'auto', compute });
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
