import { type Device, randomNormal, randomUniform, type Shape, type Tensor } from '@hourglass/tensor';

/** The purposes of random numbers. Each has its own, independent Philox streams. */
export const STREAMS = { initialization: 1, uniform: 2, normal: 3, inference: 4 } as const;

/** The distance between the streams of two draws in one objective. Larger than every stream number above. */
const STREAMS_OF_A_DRAW = 16;

/** Random numbers for one trace of an objective. Each call draws new ones. */
export interface RandomDraws {
  /** Uniform numbers in [0, 1). */
  readonly uniform: (shape: Shape) => Tensor;
  /** Standard normal numbers. */
  readonly normal: (shape: Shape) => Tensor;
}

/**
 * Philox random numbers that differ for each `seed` and `step` (u32 scalars). Inference has its own streams, so it
 * never draws the numbers of a training step.
 */
export function randomDraws(
  device: Device,
  key: { readonly seed: Tensor; readonly step: Tensor },
  { training }: { readonly training: boolean },
): RandomDraws {
  let draws = 0;
  const next = (kind: 'uniform' | 'normal') => ({
    ...key,
    stream: STREAMS[training ? kind : 'inference'] + STREAMS_OF_A_DRAW * draws++,
  });
  return {
    uniform: (shape) => randomUniform(device, shape, next('uniform')),
    normal: (shape) => randomNormal(device, shape, next('normal')),
  };
}
