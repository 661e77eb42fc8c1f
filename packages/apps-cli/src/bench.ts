import { EXPERIMENTS, type StepTiming, timeSteps } from '@hourglass/experiments';
import { openDevice } from '@hourglass/tensor/node';
import type { Messages } from './messages.ts';
import type { CommonOptions } from './options.ts';

export interface BenchOptions extends CommonOptions {
  /** Measure each for so long. */
  readonly seconds: number;
}

/** What `bench --json` writes. */
export interface BenchResult {
  /** As its driver calls it. */
  readonly adapter: string;
  readonly steps: readonly StepTiming[];
}

/** The training steps that are measured. */
const WORKS: readonly (readonly [experiment: string, batchSize: number])[] = [
  ['fashion', 32],
  ['fashion', 128],
  ['fashion-vae', 128],
  ['ecg', 512],
];

/** Times training steps on the chosen adapter, one kind after the other. @throws NoAdapterError */
export async function bench({ adapter, cacheDir, seconds }: BenchOptions, messages: Messages): Promise<BenchResult> {
  const { device, info } = await openDevice(adapter, { cacheDir });
  const steps: StepTiming[] = [];
  for (const [id, batchSize] of WORKS) {
    messages.transient(`${id}, batch ${batchSize} …`);
    steps.push(await timeSteps(device, EXPERIMENTS.get(id)!, batchSize, seconds));
  }
  messages.clear();
  device.destroy();
  return { adapter: info.name, steps };
}

const COLUMNS: readonly (readonly [title: string, cell: (step: StepTiming) => string])[] = [
  ['step', ({ experiment }) => experiment],
  ['batch', ({ batchSize }) => String(batchSize)],
  ['ms', ({ milliseconds }) => milliseconds.median.toFixed(1)],
  ['least-most', ({ milliseconds: { least, most } }) => `${least.toFixed(1)}-${most.toFixed(1)}`],
  ['samples/s', ({ batchSize, milliseconds }) => ((1000 * batchSize) / milliseconds.median).toFixed()],
  ['GFLOP/s', ({ gigaflops }) => gigaflops.toFixed(2)],
  ['host ms', ({ hostMilliseconds }) => hostMilliseconds.toFixed(2)],
  ['first step s', ({ firstStepSeconds }) => firstStepSeconds.toFixed(1)],
  ['dispatches', ({ dispatches }) => String(dispatches)],
  ['MB', ({ memory }) => (memory.allocated / 1e6).toFixed(1)],
  ['MB unshared', ({ memory }) => (memory.withoutReuse / 1e6).toFixed(1)],
];

/** A line a step; memory is that of the plan, beside weights and moments. */
export function formatBench({ adapter, steps }: BenchResult): string {
  const rows = [COLUMNS.map(([title]) => title), ...steps.map((step) => COLUMNS.map(([, cell]) => cell(step)))];
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const lines = rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
  return [`Training steps on ${adapter}, the loss read back after each:`, ...lines].join('\n');
}
