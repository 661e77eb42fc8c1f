import { BLOCKS } from './geometry.ts';
import text from './tiled_product.wgsl';

/** The loop of a kernel whose operands another text defines. */
export default {
  text,
  constants: {
    ...BLOCKS,
    ROWS: 'number',
    COLUMNS: 'number',
    DEPTH: 'number',
    LANE_ROWS: 'number',
    ROW_QUADS: 'number',
    COLUMN_QUADS: 'number',
    DOWN: 'number',
    ACROSS: 'number',
    LEFT_DEEP: 'boolean',
    RIGHT_DEEP: 'boolean',
    LEFT_COPIES: 'number',
    RIGHT_COPIES: 'number',
    PARTS: 'number',
  },
} as const;
