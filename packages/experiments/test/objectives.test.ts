import { proceduralFashion } from '@hourglass/datasets';
import { sampleLosses, structuralSimilarities, Weights } from '@hourglass/nn';
import { openDevice } from '@hourglass/testing/device';
import { beforeAll, expect, test } from 'vitest';
import { imageData, LOSSES, rowsAt, TrainedModel } from '../src/index.ts';
import { imageAutoencoder } from '../src/model.ts';
import { type Loss, reconstruct, reconstruction, variational } from '../src/objectives.ts';

const SHAPE = { size: 28, channels: 1, latent: 3, width: 2 } as const;
const COUNT = 3;

let rows: Float32Array;
let model: (variational: boolean) => TrainedModel;
beforeAll(async () => {
  const device = await openDevice();
  rows = await rowsAt(imageData(proceduralFashion({ train: COUNT, test: 1 })).train, [0, 1, 2]);
  model = (variational) => {
    const own = imageAutoencoder({ ...SHAPE, variational });
    return new TrainedModel(own, new Weights(device, [own.encoder, own.decoder], 0));
  };
});

/** The formulas in float64, of one element. */
const FORMULAS: Readonly<Record<Exclude<Loss, 'ssim'>, (y: number, x: number) => number>> = {
  mse: (y, x) => (y - x) ** 2,
  mae: (y, x) => Math.abs(y - x),
  bce: (y, x) => -x * Math.log(y) - (1 - x) * Math.log(1 - y),
};

test.each(Object.entries(FORMULAS))('%s is the mean of its formula over each image', async (name, formula) => {
  const loss = name as Loss;
  const trained = model(false);
  const y = await trained.reconstruct(rows);
  const { losses } = await trained.apply(
    (own, x, context) => ({ losses: sampleLosses(reconstruction(own, { loss })(x, context)).loss }),
    rows,
  );
  const size = rows.length / COUNT;
  losses.forEach((value, i) => {
    let sum = 0;
    for (let at = i * size; at < (i + 1) * size; at++) sum += formula(y[at]!, rows[at]!);
    expect(Math.abs(value / (sum / size) - 1)).toBeLessThan(1e-5); // float32
  });
});

test('ssim is one minus the similarity of each image and its reconstruction', async () => {
  const trained = model(false);
  const { losses, similarities } = await trained.apply(
    (own, x, context) => ({
      losses: sampleLosses(reconstruction(own, { loss: 'ssim' })(x, context)).loss,
      similarities: structuralSimilarities(reconstruct(own, x, context), x)
        .reshape([x.shape[0]!, -1])
        .mean(1),
    }),
    rows,
  );
  losses.forEach((value, i) => {
    expect(Math.abs(value - (1 - similarities[i]!))).toBeLessThan(1e-6); // float32
  });
});

test('there is a test of every loss', () => {
  expect([...LOSSES].sort()).toEqual([...Object.keys(FORMULAS), 'ssim'].sort());
});

test('cross-entropy stays finite where a sigmoid has reached 0 or 1', async () => {
  const { losses } = await model(false).apply((own, x, context) => {
    // A decoder that is sure of the opposite of each pixel.
    const sure = Object.create(own.decoder) as typeof own.decoder;
    sure.apply = () => x.sub(0.5).mul(-1e6).sigmoid();
    return { losses: sampleLosses(reconstruction({ ...own, decoder: sure }, { loss: 'bce' })(x, context)).loss };
  }, rows);
  for (const value of losses) {
    expect(value).toBeGreaterThan(1);
    expect(value).toBeLessThan(16.2); // -ln(1e-7) is 16.1
  }
});

test('beta weighs the divergence, and nothing else', async () => {
  const trained = model(true);
  const terms = (beta: number | undefined) =>
    trained.apply((own, x, context) => sampleLosses(variational(own, { beta })(x, context)).parts, rows);
  const [usual, four] = [await terms(undefined), await terms(4)] as Record<string, Float32Array>[];
  expect(four!.reconstructionLoss).toEqual(usual!.reconstructionLoss);
  four!.klLoss!.forEach((value, i) => {
    expect(value).toBeCloseTo(4 * usual!.klLoss![i]!, 5);
  });
});
