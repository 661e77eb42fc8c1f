import { type Experiment, prepareTrainer } from '@hourglass/experiments';
import type { Device } from '@hourglass/tensor';
import { quantile, type Rounds } from './measure.ts';
import { figures, type Table } from './table.ts';

/** How much the progress line slows down training. */
export interface ReadBack {
  readonly name: string;
  readonly size: number;
  /** Medians over the rounds, in milliseconds per step. */
  readonly without: number;
  readonly with: number;
  readonly ratio: number;
}

/** Trains with the progress line and without, in turn. */
export async function measureReadBack(
  device: Device,
  experiment: Experiment,
  size: number,
  { rounds, seconds }: Rounds,
): Promise<ReadBack> {
  const { train } = prepareTrainer(device, experiment, size);
  await train(0, true);
  const times: Record<'without' | 'with', number[]> = { without: [], with: [] };
  for (let round = 0; round < rounds; round++) {
    times.without.push(await train(seconds, false));
    times.with.push(await train(seconds, true));
  }
  const [without, withLine] = [quantile(times.without, 0.5), quantile(times.with, 0.5)];
  return { name: experiment.id, size, without, with: withLine, ratio: withLine / without };
}

export function readBackTable(rows: readonly ReadBack[]): Table {
  return [
    ['training', 'batch', 'ms/step without', 'with progress line', 'ratio'],
    ...rows.map((row) => [row.name, String(row.size), figures(row.without), figures(row.with), row.ratio.toFixed(3)]),
  ];
}
