/**
 * Turns a run into the checkpoint that ships with the project:
 * `node scripts/ship-checkpoint.mjs runs/... --data-dir D [--out FOLDER]`. The work is in ship-checkpoint.ts.
 */
import { runBundled } from './run-bundled.mjs';

await runBundled('ship-checkpoint');
