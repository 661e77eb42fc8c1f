import { EXPERIMENTS, type PreparedWork, prepareTraining, type StepShape } from '@hourglass/experiments';
import { type Device, DeviceError } from '@hourglass/tensor';
import { quantile, type Rounds, stepsFor } from './measure.ts';
import { figures, type Table } from './table.ts';

/** The time per sample in one size. */
export interface ScalingPoint {
  readonly name: string;
  readonly batchSize: number;
  /** Height and width of the images. */
  readonly size: number;
  readonly milliseconds: number;
  readonly millisecondsPerSample: number;
  readonly nanosecondsPerPixel: number;
  readonly gigaflops: number;
}

const BATCHES = Array.from({ length: 10 }, (_, i) => 2 ** i);
const SIZES = [64, 128, 256, 512];
/** Small, so that the largest images fit into memory. */
const CARTOON_BATCH = 4;

const SERIES: readonly { readonly name: string; readonly size: number; readonly training: StepShape }[] = [
  ...BATCHES.map((batchSize) => ({ name: 'fashion', size: 28, training: { batchSize } })),
  ...SIZES.map((size) => ({ name: 'cartoon-vae', size, training: { batchSize: CARTOON_BATCH, size } })),
];

/**
 * Times `fashion` over batch sizes and `cartoon-vae` over image sizes, in turn within each round. Sizes that do not fit
 * are omitted.
 */
export async function measureScaling(
  device: Device,
  { rounds, seconds }: Rounds,
  onProgress: (text: string) => void,
): Promise<ScalingPoint[]> {
  const all: { point: (typeof SERIES)[number]; prepared: PreparedWork; times: number[] }[] = [];
  for (const point of SERIES) {
    onProgress(`${point.name}, batch ${point.training.batchSize}, ${point.size} pixels: compiling`);
    const prepared = await prepareTraining(device, EXPERIMENTS.get(point.name)!, point.training).catch(
      (error: unknown) => {
        if (!(error instanceof DeviceError)) throw error;
      },
    );
    if (prepared !== undefined) all.push({ point, prepared, times: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { point, prepared, times } of all) {
      onProgress(
        `${point.name}, batch ${point.training.batchSize}, ${point.size} pixels: round ${round + 1} of ${rounds}`,
      );
      times.push(...(await stepsFor(prepared, seconds)).map(({ total }) => total));
    }
  }
  return all.map(({ point: { name, size, training }, prepared, times }) => {
    prepared.destroy();
    const { batchSize } = training;
    const milliseconds = quantile(times, 0.5);
    const millisecondsPerSample = milliseconds / batchSize;
    return {
      name,
      batchSize,
      size,
      milliseconds,
      millisecondsPerSample,
      nanosecondsPerPixel: (1e6 * millisecondsPerSample) / size ** 2,
      gigaflops: prepared.flops / (milliseconds * 1e6),
    };
  });
}

export function scalingTable(points: readonly ScalingPoint[]): Table {
  return [
    ['training', 'batch', 'pixels', 'ms/step', 'ms/sample', 'ns/pixel', 'GFLOP/s'],
    ...points.map((point) => [
      point.name,
      String(point.batchSize),
      `${point.size}x${point.size}`,
      figures(point.milliseconds),
      figures(point.millisecondsPerSample),
      figures(point.nanosecondsPerPixel),
      figures(point.gigaflops),
    ]),
  ];
}
