/** The constants that several product kernels share. */

/** For a convolution or its adjoint. */
export const IMAGE = {
  ADJOINT: 'boolean',
  STRIDE_DOWN: 'number',
  STRIDE_ACROSS: 'number',
  PHASES: 'number',
  PHASES_ACROSS: 'number',
  PAD_TOP: 'number',
  PAD_LEFT: 'number',
  WINDOW_HEIGHT: 'number',
  WINDOW_WIDTH: 'number',
  IN_HEIGHT: 'number',
  IN_WIDTH: 'number',
  IN_CHANNELS: 'number',
  OUT_HEIGHT: 'number',
  OUT_WIDTH: 'number',
  OUT_CHANNELS: 'number',
  GRID_HEIGHT: 'number',
  GRID_WIDTH: 'number',
  PIXELS: 'number',
} as const;

/** For a weight gradient. */
export const WEIGHT_GRADIENT = {
  LARGE_HEIGHT: 'number',
  LARGE_WIDTH: 'number',
  LARGE_CHANNELS: 'number',
  SMALL_HEIGHT: 'number',
  SMALL_WIDTH: 'number',
  WINDOW_WIDTH: 'number',
  STRIDE_DOWN: 'number',
  STRIDE_ACROSS: 'number',
  PAD_TOP: 'number',
  PAD_LEFT: 'number',
  PIXELS: 'number',
  PART: 'number',
  PARTS: 'number',
  PIECE: 'number',
} as const;

/** For a sum that may be added in blocks. */
export const BLOCKS = { BLOCKED: 'boolean', BLOCK_STEPS: 'number' } as const;
