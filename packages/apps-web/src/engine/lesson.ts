import { allRows, EXPERIMENTS, type Experiment, Run } from '@hourglass/experiments';
import { dense, flatten, relu, reshape, Sequential, sigmoid } from '@hourglass/nn';
import type { Device } from '@hourglass/tensor';
import type { LessonFrame } from './api.ts';
import type { OpenDataset } from './datasets.ts';

/** Twenty epochs of twenty steps each: a few seconds on a CPU. */
const EPOCHS = 20;
const BATCH = 50;
const IMAGES = 1000;
/** Pictures in a frame. */
const SHOWN = 12;

/** A model of garments that a CPU trains while the visitor watches: dense layers, and a code of two numbers. */
function lessonModel(fashion: Experiment): Experiment {
  return {
    ...fashion,
    build: ({ latent }) => ({
      encoder: new Sequential('encoder', [28, 28, 1], [flatten(), dense(128), relu(), dense(latent)]),
      decoder: new Sequential(
        'decoder',
        [latent],
        [dense(128), relu(), dense(28 * 28), reshape([28, 28, 1]), sigmoid()],
      ),
    }),
  };
}

/** Trains a small model from its initial weights, and reports it before the first step and after each epoch. */
export async function giveLesson(
  device: Device,
  { data, source }: OpenDataset,
  listener: (frame: LessonFrame) => boolean | Promise<boolean>,
): Promise<void> {
  const run = new Run(device, lessonModel(EXPERIMENTS.get('fashion')!), data, {
    preset: 'report',
    epochs: EPOCHS,
    batchSize: BATCH,
    learningRate: 4e-3,
    latent: 2,
    limit: IMAGES,
    testLimit: SHOWN,
    seed: 0,
  });
  const { trainer, trained } = run;
  const { test } = run.data;
  const inputs = await allRows(test);
  for (let loss: number | undefined; ; loss = (await trainer.trainEpoch({}))?.loss) {
    const outputs = await trained.reconstruct(inputs);
    const frame = {
      step: trainer.steps,
      steps: EPOCHS * trainer.stepsPerEpoch,
      loss,
      shape: test.shape,
      inputs,
      outputs,
      source,
    };
    if (!(await listener(frame)) || trainer.epochs === EPOCHS) break;
  }
  await trained.destroy();
}
