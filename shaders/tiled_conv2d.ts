import type { Kernel } from './declaration.ts';
import { tapSource } from './functions.ts';
import { IMAGE } from './geometry.ts';
import operands from './tiled_conv2d.wgsl';
import product from './tiled_product.ts';

export default {
  text: `${product.text}\n${operands}`,
  calls: [tapSource],
  bindings: { input: 'read', weights: 'read', output: 'read_write' },
  constants: {
    ...product.constants,
    ...IMAGE,
    IN_T: 'words',
    IN_VECTOR: 'number',
    WEIGHT_T: 'words',
    WEIGHT_VECTOR: 'number',
    CHUNKS: 'number',
  },
  grid: 'workgroups',
  vector: true,
  fused: ['epilogue', 'store'],
} as const satisfies Kernel;
