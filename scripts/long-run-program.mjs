/** The program of long-run.mjs. */
import { proceduralFashion } from '../packages/datasets/src/index.ts';
import { EXPERIMENTS, imageData, Run } from '../packages/experiments/src/index.ts';
import { pollPatiently, requestAdapter } from '../packages/node/src/index.ts';
import { Device } from '../packages/tensor/src/index.ts';

const minutes = Number(process.argv[2]);
/** An epoch of this many images takes about a minute on a software adapter. */
const IMAGES = 36_000;
/** Memory in use after a garbage collection varies by this much. */
const SLACK_MB = 24;
/** The allowed relative error of the shown rate, which excludes the waits for the read-backs at the end of an epoch. */
const SLACK_RATE = 0.01;

const { adapter, info } = await requestAdapter();
if (info.kind === 'software') pollPatiently();
const device = await Device.create(adapter, info.kind);
const run = new Run(device, EXPERIMENTS.get('fashion'), imageData(proceduralFashion({ train: IMAGES })), {
  preset: 'report',
  epochs: 1,
  batchSize: 32,
  learningRate: 1e-3,
  latent: 2,
  seed: 0,
});
const { trainer } = run;

const memory = () => {
  globalThis.gc();
  const { rss, heapUsed } = process.memoryUsage();
  return {
    rssMB: Math.round(rss / 2 ** 20),
    heapMB: Math.round(heapUsed / 2 ** 20),
    gpuMB: device.counters.bytes / 2 ** 20,
  };
};

console.log(`${info.name}, ${minutes} minutes`);
const begun = performance.now();
const rows = [];
while (performance.now() - begun < minutes * 60_000) {
  let shown = 0;
  const epochBegun = performance.now();
  const { loss } = await trainer.trainEpoch({
    onProgress: ({ samplesPerSecond }) => {
      shown = samplesPerSecond;
    },
  });
  const clock = IMAGES / ((performance.now() - epochBegun) / 1000);
  const { loss: valLoss } = await trainer.evaluate();
  rows.push({
    minute: Number(((performance.now() - begun) / 60_000).toFixed(1)),
    steps: trainer.steps,
    loss: Number(loss.toPrecision(4)),
    valLoss: Number(valLoss.toPrecision(4)),
    ...memory(),
    shownRate: Number(shown.toPrecision(4)),
    clockRate: Number(clock.toPrecision(4)),
  });
  console.log(JSON.stringify(rows.at(-1)));
}
device.destroy();

// The first epoch is not compared: it includes the compilation, and the first step, which the shown rate excludes.
const warm = rows[Math.min(rows.length - 1, Math.ceil(rows.length / 10))];
const last = rows.at(-1);
const grown = { rssMB: last.rssMB - warm.rssMB, heapMB: last.heapMB - warm.heapMB, gpuMB: last.gpuMB - warm.gpuMB };
const rateError = Math.max(0, ...rows.slice(1).map(({ shownRate, clockRate }) => Math.abs(shownRate / clockRate - 1)));
const learned = last.loss < rows[0].loss && Number.isFinite(last.valLoss);
console.log(JSON.stringify({ epochs: rows.length, steps: trainer.steps, grownAfterWarmUp: grown, rateError, learned }));
process.exitCode = grown.gpuMB > 0 || grown.rssMB > SLACK_MB || rateError > SLACK_RATE || !learned ? 1 : 0;
