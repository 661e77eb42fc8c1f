import type { Kernel } from './declaration.ts';
import { compensated } from './functions.ts';
import text from './scatter_rows.wgsl';

export default {
  text,
  calls: [compensated],
  bindings: { gradient: 'read', indices: 'read', output: 'read_write', given: 'uniform' },
  constants: { SIZE: 'number', ROW_SIZE: 'number', COMPENSATED: 'boolean' },
  grid: 'lanes',
  vector: true,
  fused: ['epilogue'],
} as const satisfies Kernel;
