/** The program of long-run.mjs. */
import { proceduralEcg } from '../packages/datasets/src/index.ts';
import { beatData, EXPERIMENTS, Run } from '../packages/experiments/src/index.ts';
import { openDevice } from '../packages/tensor/src/node/index.ts';

const minutes = Number(process.argv[2]);
/** Memory that a collection leaves behind varies by so much. */
const SLACK_MB = 24;

const { device, info } = await openDevice();
const run = new Run(device, EXPERIMENTS.get('ecg'), beatData(proceduralEcg()), {
  preset: 'report',
  epochs: 1,
  batchSize: 512,
  learningRate: 1e-4,
  latent: 8,
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
let mark = { time: begun, steps: 0 };
let row = 0;
while (performance.now() - begun < minutes * 60_000) {
  let shown = 0;
  const epochBegun = performance.now();
  const { loss } = await trainer.trainEpoch({
    onProgress: ({ samplesPerSecond }) => {
      shown = samplesPerSecond;
    },
  });
  const training = run.data.train.count / ((performance.now() - epochBegun) / 1000);
  if (performance.now() - mark.time < 60_000 && rows.length > 0) continue;
  const { loss: valLoss } = await trainer.evaluate();
  const steps = trainer.steps - mark.steps;
  mark = { time: performance.now(), steps: trainer.steps };
  rows.push({
    minute: Math.round((mark.time - begun) / 60_000),
    steps: trainer.steps,
    stepsSince: steps,
    loss: Number(loss.toPrecision(4)),
    valLoss: Number(valLoss.toPrecision(4)),
    ...memory(),
    shownRate: Math.round(shown),
    clockRate: Math.round(training),
  });
  console.log(JSON.stringify(rows[row++]));
}
device.destroy();

const warm = rows[Math.min(rows.length - 1, Math.ceil(rows.length / 10))];
const last = rows.at(-1);
const grown = { rssMB: last.rssMB - warm.rssMB, heapMB: last.heapMB - warm.heapMB, gpuMB: last.gpuMB - warm.gpuMB };
const wall = (performance.now() - begun) / 1000;
console.log(
  JSON.stringify({
    minutes: wall / 60,
    steps: trainer.steps,
    grownAfterWarmUp: grown,
    trainingSeconds: trainer.time.seconds,
    wallSeconds: wall,
  }),
);
process.exitCode = grown.gpuMB > 0 || grown.rssMB > SLACK_MB || !Number.isFinite(last.loss) ? 1 : 0;
