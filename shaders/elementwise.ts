import type { Kernel } from './declaration.ts';
import text from './elementwise.wgsl';

export default {
  text,
  bindings: { output: 'read_write', size: 'uniform' },
  constants: {},
  grid: 'lanes',
  vector: true,
  fused: ['value'],
} as const satisfies Kernel;
