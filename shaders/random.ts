import type { Kernel } from './declaration.ts';
import { philox, series } from './functions.ts';
import text from './random.wgsl';

export default {
  text,
  calls: [philox, series],
  bindings: { seed: 'read', at_step: 'read', output: 'read_write', first_lane: 'uniform' },
  constants: { SIZE: 'number', NORMAL: 'boolean', STREAM: 'words', OUT_CHANNELS: 'number' },
  grid: 'lanes',
  vector: true,
  fused: ['epilogue', 'store'],
} as const satisfies Kernel;
