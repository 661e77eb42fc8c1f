/**
 * Trains variants of a recipe with a part of the training split held back, and prints the metrics of each on that
 * part as a table in Markdown. The test split is not used:
 *
 *   node scripts/search-recipes.mjs fashion --data-dir D [--epochs N] [--seed FIRST] [--seeds N] [--only WORD]
 */
import { runBundled } from './run-bundled.mjs';

await runBundled('search-recipes');
