import type { Piece } from '../pieces.ts';
import type { Product } from '../product.ts';

/**
 * The most terms that are added one after the other into one number. The rounding error of a sum of equal terms grows
 * with their number: for this many it is up to 1e-5.
 */
export const LONGEST = 768;
/** Terms in a block, if a sum has more than {@link LONGEST}. */
const BLOCK_TERMS = 256;
/** The most terms that a lane adds in blocks: few enough blocks that their sum is as exact as each block. */
export const LONGEST_BLOCKED = BLOCK_TERMS ** 2;

/** How a kernel adds `terms` terms in `steps` steps of up to `step` terms: in blocks if there are many. */
export const blockConstants = (terms: number, steps: number, step: number) => ({
  BLOCKED: terms > LONGEST,
  BLOCK_STEPS: blockSteps(terms, steps, Math.ceil(BLOCK_TERMS / step)),
});

/** The steps in a block: `usual`, unless that makes too many blocks; then as many blocks as there are terms in each. */
export const blockSteps = (terms: number, steps: number, usual: number): number =>
  steps / usual > LONGEST ? Math.ceil(steps / Math.sqrt(terms)) : usual;

/** The constants of a convolution or its adjoint that describe the images of this piece of the batch. */
export function imageConstants({ role, geometry }: Product, piece: Piece) {
  const adjoint = role === 'adjoint';
  const { window, stride, pad, batch } = geometry;
  const [source, target] = adjoint ? [geometry.small, geometry.large] : [geometry.large, geometry.small];
  // The adjoint walks the output phase by phase: within a phase, every pixel has the same taps and exact quotients.
  const [down, across] = adjoint ? stride : [1, 1];
  const phasesDown = Math.min(down, target[0]);
  const phasesAcross = Math.min(across, target[1]);
  const gridHeight = Math.ceil(target[0] / down);
  const gridWidth = Math.ceil(target[1] / across);
  return {
    ADJOINT: adjoint,
    STRIDE_DOWN: stride[0],
    STRIDE_ACROSS: stride[1],
    PHASES: phasesDown * phasesAcross,
    PHASES_ACROSS: phasesAcross,
    PAD_TOP: pad[0],
    PAD_LEFT: pad[1],
    WINDOW_HEIGHT: window[0],
    WINDOW_WIDTH: window[1],
    IN_HEIGHT: source[0],
    IN_WIDTH: source[1],
    IN_CHANNELS: source[2],
    OUT_HEIGHT: target[0],
    OUT_WIDTH: target[1],
    OUT_CHANNELS: target[2],
    GRID_HEIGHT: gridHeight,
    GRID_WIDTH: gridWidth,
    PIXELS: piece.share(batch) * gridHeight * gridWidth,
  };
}

/** The constants of a weight gradient that describe its images; a part has `part` pixels. */
export function weightGradientConstants({ geometry }: Product, part: number, piece: Piece) {
  const { batch, large, small, window, stride, pad } = geometry;
  const pixels = batch * small[0] * small[1];
  return {
    LARGE_HEIGHT: large[0],
    LARGE_WIDTH: large[1],
    LARGE_CHANNELS: large[2],
    SMALL_HEIGHT: small[0],
    SMALL_WIDTH: small[1],
    WINDOW_WIDTH: window[1],
    STRIDE_DOWN: stride[0],
    STRIDE_ACROSS: stride[1],
    PAD_TOP: pad[0],
    PAD_LEFT: pad[1],
    PIXELS: pixels,
    PART: part,
    PARTS: Math.ceil(pixels / part),
    PIECE: piece.share(pixels),
  };
}
