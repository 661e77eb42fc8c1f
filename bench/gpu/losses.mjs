/**
 * Prints the losses of the first ten steps of three training runs, by experiment, as one line of JSON, and how far the
 * losses move if every initial weight is off by a rounding.
 */
import { firstLosses } from '../../scripts/compare-adapters-program.mjs';

const losses = {};
for (const id of ['ecg', 'fashion', 'fashion-vae']) {
  const { losses: plain } = await firstLosses(id, { seed: 0 });
  const { losses: nudged } = await firstLosses(id, { seed: 0, nudged: true });
  const moved = Math.max(...plain.map((loss, i) => Math.abs(nudged[i] - loss) / Math.abs(loss)));
  losses[id] = { losses: plain, moved };
}
console.log(JSON.stringify(losses));
process.exit();
