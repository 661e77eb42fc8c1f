import type { Work } from '@hourglass/experiments';
import type { Device, KernelTime } from '@hourglass/tensor';
import { quantile } from './measure.ts';
import { figures, type Table } from './table.ts';

/** All calls of one kernel with the same shapes in one step. */
export interface KernelRow {
  readonly kernel: string;
  /** The shapes of its first input and its result. */
  readonly shapes: string;
  readonly calls: number;
  /** The sum over all calls, of each call's median over the steps. */
  readonly milliseconds: number;
  /** The share of the sum over all kernels. */
  readonly share: number;
  /** Only for products: two operations per multiply-add. */
  readonly gigaflops?: number;
  /** Assumes that each call touches each bound buffer once. */
  readonly gigabytesPerSecond: number;
}

/**
 * Milliseconds of work before the kernels are timed. The clocks of an idle GPU are low, and take some tenths of a
 * second to rise.
 */
const WARM_UP = 500;

/** Times the kernels of this many steps, after the adapter has warmed up. The longest comes first. */
export async function profileWork(device: Device, work: Work, size: number, steps: number): Promise<KernelRow[]> {
  const prepared = await work.prepare(device, size);
  const begun = performance.now();
  do await prepared.profile();
  while (performance.now() - begun < WARM_UP);
  const profiles: KernelTime[][] = [];
  for (let i = 0; i < steps; i++) profiles.push(await prepared.profile());
  prepared.destroy();
  const calls = profiles[0]!.map((call, i) => {
    return {
      ...call,
      milliseconds: quantile(
        profiles.map((kernels) => kernels[i]!.milliseconds),
        0.5,
      ),
    };
  });
  const groups = new Map<string, KernelTime[]>();
  for (const call of calls) {
    const key = `${call.name} ${shapesOf(call)}`;
    groups.set(key, [...(groups.get(key) ?? []), call]);
  }
  const sum = (of: readonly KernelTime[], number: (call: KernelTime) => number) =>
    of.reduce((total, call) => total + number(call), 0);
  const all = sum(calls, ({ milliseconds }) => milliseconds);
  return [...groups.values()]
    .map((group): KernelRow => {
      const milliseconds = sum(group, (call) => call.milliseconds);
      const multiplyAdds = sum(group, (call) => call.multiplyAdds);
      const bytes = sum(group, ({ traffic: { read, written } }) => read + written);
      return {
        kernel: group[0]!.name,
        shapes: shapesOf(group[0]!),
        calls: group.length,
        milliseconds,
        share: milliseconds / all,
        ...(multiplyAdds > 0 ? { gigaflops: (2 * multiplyAdds) / (milliseconds * 1e6) } : {}),
        gigabytesPerSecond: bytes / (milliseconds * 1e6),
      };
    })
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

const shapesOf = ({ shapes }: KernelTime): string => shapes.map((shape) => shape.join('x') || 'scalar').join(' > ');

export function profileTable(rows: readonly KernelRow[]): Table {
  return [
    ['kernel', 'shapes', 'calls', 'ms', 'share', 'GFLOP/s', 'GB/s'],
    ...rows.map(({ kernel, shapes, calls, milliseconds, share, gigaflops, gigabytesPerSecond }) => [
      kernel,
      shapes,
      String(calls),
      figures(milliseconds),
      `${(100 * share).toFixed(1)} %`,
      gigaflops === undefined ? '-' : figures(gigaflops),
      figures(gigabytesPerSecond),
    ]),
  ];
}
