import text from './conv2d_weight_gradient.wgsl';
import type { Kernel } from './declaration.ts';
import { WEIGHT_GRADIENT } from './geometry.ts';

export default {
  text,
  bindings: { large: 'read', small: 'read', partial: 'read_write', piece_start: 'uniform' },
  constants: {
    ...WEIGHT_GRADIENT,
    LARGE_T: 'words',
    SMALL_T: 'words',
    LARGE_VECTOR: 'number',
    COLUMNS: 'number',
    COLUMN_TILE: 'number',
    ROWS: 'number',
    STEP: 'number',
    BLOCK: 'number',
  },
  grid: 'workgroups',
  subgroup: true,
} as const satisfies Kernel;
