import type { Kernel } from './declaration.ts';
import { WEIGHT_GRADIENT } from './geometry.ts';
import product from './tiled_product.ts';
import operands from './tiled_weight_gradient.wgsl';

export default {
  text: `${product.text}\n${operands}`,
  bindings: { large: 'read', small: 'read', partial: 'read_write', piece_start: 'uniform' },
  constants: {
    ...product.constants,
    ...WEIGHT_GRADIENT,
    LARGE_T: 'words',
    LARGE_VECTOR: 'number',
    SMALL_T: 'words',
    SMALL_VECTOR: 'number',
    SMALL_CHANNELS: 'number',
    SMALL_PART: 'words',
    ALL_ROWS: 'number',
  },
  grid: 'workgroups',
} as const satisfies Kernel;
