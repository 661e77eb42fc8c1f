import type { Kernel } from './declaration.ts';
import text from './first_failure.wgsl';

export default {
  text,
  bindings: { value: 'read', before: 'read', step: 'read', first: 'read_write' },
  constants: {},
  grid: 'lanes',
} as const satisfies Kernel;
