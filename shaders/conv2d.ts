import text from './conv2d.wgsl';
import type { Kernel } from './declaration.ts';
import { tapSource } from './functions.ts';
import { BLOCKS, IMAGE } from './geometry.ts';

export default {
  text,
  calls: [tapSource],
  bindings: { input: 'read', weights: 'read', output: 'read_write' },
  constants: {
    ...IMAGE,
    ...BLOCKS,
    IN_T: 'words',
    IN_VECTOR: 'number',
    PIXEL_TILE: 'number',
    COLUMNS: 'number',
    PARTS: 'number',
    CHUNK: 'number',
    BLOCK_TAPS: 'number',
    WEIGHT: 'words',
    GROUP_STRIDE: 'number',
    COLUMN_STRIDE: 'number',
    ROW_STRIDE: 'number',
    STEP: 'number',
    TAP_STRIDE: 'number',
    BLOCK: 'number',
  },
  grid: 'workgroups',
  vector: true,
  subgroup: true,
  fused: ['epilogue', 'store'],
} as const satisfies Kernel;
