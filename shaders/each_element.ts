import type { Kernel } from './declaration.ts';
import text from './each_element.wgsl';

export default {
  text,
  bindings: { output: 'read_write' },
  constants: { SIZE: 'number', OUT: 'words' },
  grid: 'lanes',
  fused: ['epilogue'],
  given: ['bind', 'element'],
} as const satisfies Kernel;
