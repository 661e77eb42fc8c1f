import type { Kernel } from './declaration.ts';
import text from './extreme.wgsl';
import { extremes } from './functions.ts';

export default {
  text,
  calls: [extremes],
  bindings: { output: 'read_write', given: 'uniform' },
  constants: { RESULTS: 'number', INNER: 'number', FURTHER: 'words', PIECEWISE: 'boolean' },
  grid: 'lanes',
  vector: true,
  fused: ['value', 'epilogue'],
  given: ['kept_index', 'reduced_index'],
} as const satisfies Kernel;
