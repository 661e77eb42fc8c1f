/** The program of compare-adapters.mjs; the module `adapter` opens the GPU in Node or in a page. */
import { requestAdapter } from 'adapter';
import { proceduralEcg, proceduralFashion } from '../packages/datasets/src/index.ts';
import { beatData, EXPERIMENTS, imageData, Run } from '../packages/experiments/src/index.ts';
import { Device } from '../packages/tensor/src/index.ts';

const STEPS = 10;

/**
 * The losses of the first steps of the report's recipe, all on one batch of the stand-in, and the adapter's name.
 * `nudged`: every initial weight is off by one or two roundings.
 */
export async function firstLosses(id, { seed, choice, nudged }) {
  const experiment = EXPERIMENTS.get(id);
  const { latent } = experiment;
  const { batchSize, learningRate } = experiment.presets.report;
  const data = id === 'ecg' ? beatData(proceduralEcg()) : imageData(proceduralFashion({ train: batchSize, test: 10 }));
  const { adapter, info } = await requestAdapter(choice);
  const device = await Device.create(adapter, info.kind);
  // An epoch of one batch is one step, so the epoch's loss is the step's.
  const settings = { preset: 'report', epochs: STEPS, batchSize, limit: batchSize, learningRate, latent, seed };
  const { trainer } = new Run(device, experiment, data, settings);
  if (nudged) await nudge(trainer);
  const losses = [];
  while (trainer.steps < STEPS) losses.push((await trainer.trainEpoch()).loss);
  return { adapter: info.name ?? adapter.info.architecture, losses };
}

async function nudge(trainer) {
  const snapshot = await trainer.snapshot();
  for (const { data } of snapshot.tensors.values()) {
    data.forEach((value, i) => {
      data[i] = value * (1 + (i % 2 === 0 ? 1 : -1) * 2 ** -23);
    });
  }
  trainer.restore(snapshot, 'the snapshot');
}
