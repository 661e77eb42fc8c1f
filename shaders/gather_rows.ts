import type { Kernel } from './declaration.ts';
import text from './gather_rows.wgsl';

export default {
  text,
  bindings: { rows: 'read', indices: 'read', output: 'read_write', first_row: 'uniform', none: 'uniform' },
  constants: { SIZE: 'number', ROWS: 'number', ROW_SIZE: 'number', ROW_T: 'words', ROW_VALUE: 'words' },
  grid: 'lanes',
  vector: true,
  fused: ['epilogue'],
} as const satisfies Kernel;
