/**
 * Trains the classifier whose features measure generated images, and writes its checkpoint:
 * `node scripts/train-classifier.mjs --data-dir D [--epochs N] [--out FOLDER]`. The work is in train-classifier.ts.
 */
import { runBundled } from './run-bundled.mjs';

await runBundled('train-classifier');
