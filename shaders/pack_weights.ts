import type { Kernel } from './declaration.ts';
import text from './pack_weights.wgsl';

export default {
  text,
  bindings: { weights: 'read', packed: 'read_write' },
  constants: {
    LARGE_CHANNELS: 'number',
    SMALL_CHANNELS: 'number',
    ADJOINT: 'boolean',
    DEPTH: 'number',
    OUT_CHANNELS: 'number',
    COLUMNS: 'number',
    GROUPS: 'number',
  },
  grid: 'lanes',
} as const satisfies Kernel;
