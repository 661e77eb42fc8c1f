/**
 * Draws the pictures that the web demo shows before a model is loaded, and without WebGPU, with the checkpoints that
 * ship: `node scripts/draw-sheets.mjs`. The work is in draw-sheets.ts.
 */
import { runBundled } from './run-bundled.mjs';

await runBundled('draw-sheets');
