import type { Kernel } from './declaration.ts';
import { compensated } from './functions.ts';
import text from './reduce.wgsl';

export default {
  text,
  calls: [compensated],
  bindings: { output: 'read_write', given: 'uniform' },
  constants: {
    RESULTS: 'number',
    INNER: 'number',
    MEMBERS: 'number',
    AHEAD: 'number',
    ACROSS: 'number',
    PARTIAL: 'boolean',
    COMPENSATED: 'boolean',
    PIECEWISE: 'boolean',
  },
  grid: 'lanes',
  vector: true,
  fused: ['value', 'epilogue'],
  given: ['kept_index', 'reduced_index', 'joined'],
} as const satisfies Kernel;
