/** Prints the losses of the first ten steps of three trainings, by experiment, as one line of JSON. */
import { firstLosses } from '../../scripts/compare-adapters-program.mjs';

const losses = {};
for (const id of ['ecg', 'fashion', 'fashion-vae']) losses[id] = (await firstLosses(id, { seed: 0 })).losses;
console.log(JSON.stringify(losses));
process.exit();
