import text from './concat.wgsl';
import type { Kernel } from './declaration.ts';

export default {
  text,
  bindings: { input: 'read', output: 'read_write', given: 'uniform' },
  constants: { RUN: 'number', TOTAL_RUN: 'number' },
  grid: 'lanes',
} as const satisfies Kernel;
