import text from './adam.wgsl';
import type { Kernel } from './declaration.ts';

export default {
  text,
  bindings: {
    gradient: 'read',
    rate: 'read',
    weights: 'read_write',
    mean: 'read_write',
    square: 'read_write',
    stopped: 'read',
    size: 'uniform',
  },
  constants: { BETA1: 'words', BETA2: 'words', EPSILON: 'words' },
  grid: 'lanes',
} as const satisfies Kernel;
