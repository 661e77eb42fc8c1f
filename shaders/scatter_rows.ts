import type { Kernel } from './declaration.ts';
import text from './scatter_rows.wgsl';

export default {
  text,
  bindings: { gradient: 'read', indices: 'read', output: 'read_write', count: 'uniform' },
  constants: { SIZE: 'number', ROW_SIZE: 'number' },
  grid: 'lanes',
  vector: true,
  fused: ['epilogue'],
} as const satisfies Kernel;
