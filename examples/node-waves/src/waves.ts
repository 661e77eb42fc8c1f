import { writeFile } from 'node:fs/promises';
import {
  dense,
  relu,
  Sequential,
  shuffledRows,
  sigmoid,
  squaredErrors,
  Trainer,
  Weights,
  writeSafetensors,
} from '@hourglass/nn';
import { openDevice } from '@hourglass/node';

const COUNT = 2000;
const WIDTH = 32;
const rows = new Float32Array(COUNT * WIDTH);
for (let i = 0; i < COUNT; i++) {
  const period = 8 + 24 * Math.random();
  const phase = 2 * Math.PI * Math.random();
  for (let t = 0; t < WIDTH; t++) rows[i * WIDTH + t] = 0.5 + 0.4 * Math.sin((2 * Math.PI * t) / period + phase);
}

const encoder = new Sequential('encoder', [WIDTH], [dense(32), relu(), dense(3)]);
const decoder = new Sequential('decoder', [3], [dense(32), relu(), dense(WIDTH), sigmoid()]);

const device = await openDevice();
const weights = new Weights(device, [encoder, decoder], 0);
const batches = shuffledRows(device.tensor(rows, [COUNT, WIDTH]));
const trainer = new Trainer({
  weights,
  objective: (x, { weights: lookup, ...pass }) => {
    const codes = encoder.apply(x, lookup, pass);
    return { loss: squaredErrors(decoder.apply(codes, lookup, pass), x) };
  },
  training: batches,
  validation: batches,
  batchSize: 64,
  learningRate: 1e-2,
  seed: 0,
});
for (let epoch = 1; epoch <= 20; epoch++) {
  const metrics = await trainer.trainEpoch();
  console.log(`epoch ${epoch}: loss ${metrics!.loss!.toFixed(4)}`);
}
await writeFile('waves.safetensors', writeSafetensors(await weights.read(), { format: 'pt' }));
device.destroy();
