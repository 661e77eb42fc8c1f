import text from './assign.wgsl';
import type { Kernel } from './declaration.ts';

export default {
  text,
  bindings: { output: 'read_write', size: 'uniform', stopped: 'read' },
  constants: {},
  grid: 'lanes',
  vector: true,
  fused: ['value'],
} as const satisfies Kernel;
