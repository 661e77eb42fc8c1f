import { type Device, randomNormal, randomUniform, type Shape, type Tensor } from '@hourglass/tensor';

/** What random numbers are drawn for: each has Philox streams of its own, independent of all others. */
export const STREAMS = { initialization: 1, uniform: 2, normal: 3, inference: 4 } as const;

/** Between the streams of two draws of one objective; the streams above lie below it. */
const STREAMS_OF_A_DRAW = 16;

/** Random numbers for one trace of an objective: each call draws others. */
export interface RandomDraws {
  /** Uniform numbers in [0, 1). */
  readonly uniform: (shape: Shape) => Tensor;
  /** Standard normal numbers. */
  readonly normal: (shape: Shape) => Tensor;
}

/**
 * Numbers by Philox, others for each `seed` and `step` (u32 scalars). Inference has streams of its own, so that it never draws what
 * a training step drew.
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
