import type { ObjectiveContext } from '@hourglass/nn';
import { normalOnHost, type Tensor, uniformOnHost } from '@hourglass/tensor';

/**
 * What each kind of noise does to a pixel, and what its amount means. `pixel` computes on the host what `apply`
 * computes on the device, from the random number `drawn` for the pixel.
 */
const KINDS = {
  /**
   * The amount is the share of pixels that become black or white. Each pixel draws u, and becomes black if u is below
   * half the share, or white if u is above 1 - half the share.
   */
  'salt-pepper': {
    most: 1,
    caption: (share: number) => `${percent(share)} of the pixels are noise`,
    apply: (x: Tensor, share: number, { uniform }: Random) => {
      const u = uniform(x.shape);
      const black = u.less(share / 2);
      const white = u.neg().less(-(1 - share / 2));
      return x.mul(black.add(white).neg().add(1)).add(white);
    },
    draw: uniformOnHost,
    pixel: (x: number, share: number, drawn: number) => (drawn < share / 2 ? 0 : drawn > 1 - share / 2 ? 1 : x),
  },
  /** The amount is the standard deviation of the added noise. Results are clipped to [0, 1]. */
  gaussian: {
    most: 10,
    caption: (deviation: number) => `Gaussian noise with standard deviation ${deviation}`,
    apply: (x: Tensor, deviation: number, { normal }: Random) => x.add(normal(x.shape).mul(deviation)).clip(0, 1),
    draw: normalOnHost,
    pixel: (x: number, deviation: number, drawn: number) => Math.min(1, Math.max(0, x + deviation * drawn)),
  },
  /** The amount is the share of pixels that become black (Vincent et al. 2008). */
  mask: {
    most: 1,
    caption: (share: number) => `${percent(share)} of the pixels are masked`,
    apply: (x: Tensor, share: number, { uniform }: Random) => x.mul(uniform(x.shape).less(share).neg().add(1)),
    draw: uniformOnHost,
    pixel: (x: number, share: number, drawn: number) => (drawn < share ? 0 : x),
  },
} as const;

type Random = Pick<ObjectiveContext, 'uniform' | 'normal'>;
export type NoiseKind = keyof typeof KINDS;

const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;

/** A kind of noise and its amount, such as `gaussian:0.2`. */
export type Noise = `${NoiseKind}:${number}`;

/** The share of pixels that become black or white in the report. */
const NOISE_SHARE = 0.1;
/** The report's noise. */
export const REPORT_NOISE: Noise = `salt-pepper:${NOISE_SHARE}`;

/** The noise that a text such as `mask:0.3` names, in one spelling; undefined if there is no such noise. */
export function parseNoise(text: string): Noise | undefined {
  const [kind = '', amount = '', ...rest] = text.split(':');
  if (rest.length > 0 || !Object.hasOwn(KINDS, kind) || !/^\d*\.?\d+$/.test(amount)) return undefined;
  const value = Number(amount);
  return value > 0 && value <= KINDS[kind as NoiseKind].most ? `${kind as NoiseKind}:${value}` : undefined;
}

/** The spellings that {@link parseNoise} accepts, for messages. */
export const NOISE_FORMS = 'salt-pepper:SHARE, mask:SHARE (up to 1) or gaussian:DEVIATION (up to 10)';

/** The kind of a noise, and its amount. */
export function partsOfNoise(noise: Noise): [NoiseKind, number] {
  const [kind, amount] = noise.split(':') as [NoiseKind, string];
  return [kind, Number(amount)];
}

/** Adds noise to samples; default: the report's noise. */
export function addNoise(x: Tensor, random: Random, noise: Noise = REPORT_NOISE): Tensor {
  const [kind, amount] = partsOfNoise(noise);
  return KINDS[kind].apply(x, amount, random);
}

/** Describes the noise for a figure's caption. */
export function noiseCaption(noise: Noise): string {
  const [kind, amount] = partsOfNoise(noise);
  return KINDS[kind].caption(amount);
}

/** Adds noise to pixels on the host. The amount may be 0. */
export function addNoiseOnHost(pixels: Float32Array, noise: Noise, seed: number): Float32Array {
  const [kind, amount] = partsOfNoise(noise);
  const { draw, pixel } = KINDS[kind];
  const drawn = draw(pixels.length, { seed });
  return pixels.map((value, i) => pixel(value, amount, drawn[i]!));
}

/** The metadata entry that stores the noise with the weights of a denoiser. */
const ENTRY = 'hourglass.noise';

export const noiseMetadata = (noise: Noise): Record<string, string> => ({ [ENTRY]: noise });

/** The noise that a denoiser was trained with: the report's, if none is stored with the weights. */
export const noiseOf = (metadata: Readonly<Record<string, string>>): Noise =>
  parseNoise(metadata[ENTRY] ?? '') ?? REPORT_NOISE;
