import type { Kernel } from './declaration.ts';
import { philox } from './functions.ts';
import text from './shuffle.wgsl';

export default {
  text,
  calls: [philox],
  bindings: { seed: 'read', epoch: 'read', start: 'read', indices: 'read_write' },
  constants: { COUNT: 'number', TOTAL: 'words', HALF_BITS: 'words', ROUNDS: 'words' },
  grid: 'lanes',
} as const satisfies Kernel;
