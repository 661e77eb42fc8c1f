import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImageDataset, proceduralFashion } from '@hourglass/datasets';
import { loadFashionMnist, loadImages } from '@hourglass/datasets/node';
import { openDevice } from '@hourglass/testing/device';
import { REAL_DATA } from '@hourglass/testing/real-files';
import { npyFile, zipOf } from '@hourglass/testing/zip-files';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fashion } from '../src/fashion.ts';
import {
  type ExperimentData,
  evaluate,
  fitWeights,
  IMAGE_IDS,
  imageData,
  imageExperiment,
  imageToPng,
  Run,
  streamedData,
} from '../src/index.ts';
import { cartoonAutoencoder, imageAutoencoder } from '../src/model.ts';

const REAL = join(REAL_DATA, 'fashion-mnist');
if (!existsSync(REAL))
  console.warn(
    `Without the real Fashion-MNIST (there is no ${REAL}), its stand-in shows that files make no difference.`,
  );

describe('the model', () => {
  test('gives back images of any size, from few pixels', () => {
    for (let size = 16; size <= 512; size += 8) {
      const { encoder, decoder } = imageAutoencoder({ size, channels: 1, latent: 5, width: 4, variational: false });
      expect(encoder.outputShape).toEqual([5]);
      expect(decoder.outputShape).toEqual([size, size, 1]);
      const [side] = encoder.layers.findLast(({ layer }) => layer.type === 'Conv2D')!.outputShape;
      expect(side).toBeGreaterThanOrEqual(5);
      expect(side).toBeLessThanOrEqual(8);
    }
  });

  test('is that of the cartoons in their sizes', () => {
    const shapes = ({ encoder, decoder }: ReturnType<typeof cartoonAutoencoder>) =>
      [encoder, decoder].flatMap(({ weights }) => weights.map(({ name, shape }) => `${name} ${shape}`));
    const form = { size: 64, fit: 'cover', background: '#ffffff' } as const;
    const { build } = imageExperiment('images', { ...form, channels: 3, latent: 200, width: 32, classes: [] }, 100);
    expect(shapes(build({ latent: 200 }))).toEqual(shapes(cartoonAutoencoder({ latent: 200, size: 64 }, false)));
  });

  test('trains some thousand steps at least, however few images there are', () => {
    const form = {
      size: 32,
      channels: 1,
      fit: 'cover',
      background: '#ffffff',
      latent: 8,
      width: 4,
      classes: [],
    } as const;
    for (const id of IMAGE_IDS)
      for (const count of [2, 300, 5000, 200_000]) {
        const { report } = imageExperiment(id, form, count).presets;
        const repeats = Math.ceil(1024 / count);
        expect((report.epochs * repeats * count) / report.batchSize).toBeGreaterThanOrEqual(3000 - report.batchSize);
        expect(report.epochs).toBeLessThanOrEqual(100);
      }
  });
});

// The model of `fashion` is for 28x28, which no setting of `images` is; so the files are read at that size, and one model and seed are
// trained on what comes of each.
describe('Fashion-MNIST as a folder of PNG files and as NPZ', () => {
  const COUNT = 400;
  let folder: string;
  let original: ImageDataset;
  let sources: Readonly<Record<string, ExperimentData>>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fashion-'));
    original = existsSync(REAL)
      ? await loadFashionMnist({ data: REAL, notice: () => {} })
      : proceduralFashion({ train: COUNT, test: 1 });
    const { pixels, labels } = original.train;
    const image = (i: number): Uint8Array => pixels.subarray(i * 784, (i + 1) * 784);
    for (let i = 0; i < COUNT; i++) {
      const data = Float32Array.from(image(i), (byte) => byte / 255);
      await mkdir(join(folder, 'png', String(labels[i])), { recursive: true });
      await writeFile(
        join(folder, 'png', String(labels[i]), `${i}.png`),
        imageToPng({ width: 28, height: 28, channels: 1, data }),
      );
    }
    await writeFile(
      join(folder, 'set.npz'),
      zipOf([
        ['x_train.npy', npyFile('|u1', [COUNT, 28, 28], pixels.subarray(0, COUNT * 784))],
        ['y_train.npy', npyFile('|u1', [COUNT], labels.subarray(0, COUNT))],
      ]),
    );
    const read = async (path: string) =>
      streamedData(
        await loadImages(join(folder, path), {
          ...{ size: 28, fit: 'cover', background: '#ffffff', validation: 0.2, cacheDir: join(folder, 'cache') },
          notice: () => {},
        }),
      );
    const [png, npz] = [await read('png'), await read('set.npz')];
    // The same images as they lie in the official files, in the order of the split.
    const ofOriginal = (samples: ExperimentData['train']) => {
      if (!('stream' in samples)) throw new Error('images are streamed');
      const rows = samples.stream.names.map((name) => Number(/(\d+)\.png$/.exec(name)![1]));
      return {
        count: rows.length,
        pixels: Buffer.concat(rows.map(image)),
        labels: Uint8Array.from(rows, (row) => labels[row]!),
      };
    };
    const idx = imageData({ ...original, train: ofOriginal(png.train), test: ofOriginal(png.test) });
    sources = { png, npz, idx };
  });
  afterAll(async () => {
    for (const { close } of Object.values(sources)) await close?.();
    await rm(folder, { recursive: true });
  });

  test('both have the classes of the original', () => {
    const { png, npz, idx } = sources as Record<'png' | 'npz' | 'idx', ExperimentData>;
    expect(png.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    for (const data of [png, npz]) expect([...data.test.labels]).toEqual([...idx.test.labels]);
  });

  test('train `fashion` to the same MSE as the original does', async () => {
    const device = await openDevice();
    const measured = [];
    for (const [name, data] of Object.entries(sources)) {
      const settings = { preset: 'quick', epochs: 2, batchSize: 16, learningRate: 1e-3, latent: 2, seed: 0 } as const;
      const run = new Run(device, fashion, data, settings);
      const losses = [(await run.trainer.trainEpoch())!.loss, (await run.trainer.trainEpoch())!.loss];
      const { tensors } = await run.trainer.snapshot();
      const file = {
        name,
        tensors: new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data: data as Float32Array }])),
      };
      const { metrics } = await evaluate(device, fashion, fitWeights(fashion, [file]), data, {
        split: 'test',
        seed: 0,
      });
      measured.push({ losses, mse: metrics.mse! });
    }
    const [png, npz, idx] = measured;
    expect(npz).toEqual(png);
    expect(Math.abs(png!.mse - idx!.mse)).toBeLessThanOrEqual(1e-6);
    png!.losses.forEach((loss, epoch) => {
      expect(Math.abs(loss! - idx!.losses[epoch]!)).toBeLessThanOrEqual(1e-6);
    });
    expect(idx!.mse).toBeLessThan(0.2);
  });

  test('errors of the classes are those of their own images', async () => {
    const device = await openDevice();
    const { png } = sources;
    const run = new Run(device, fashion, png!, {
      preset: 'quick',
      epochs: 1,
      batchSize: 16,
      learningRate: 1e-3,
      latent: 2,
      seed: 0,
    });
    const { tensors } = await run.trainer.snapshot();
    const fitted = fitWeights(fashion, [
      {
        name: 'run',
        tensors: new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data: data as Float32Array }])),
      },
    ]);
    const { metrics, classes = [], samples } = await evaluate(device, fashion, fitted, png!, { split: 'all', seed: 0 });
    expect(classes.reduce((sum, own) => sum + own.samples, 0)).toBe(samples);
    const mean = classes.reduce((sum, own) => sum + own.samples * own.metrics.mse!, 0) / samples;
    expect(Math.abs(mean - metrics.mse!)).toBeLessThan(1e-7); // float32 sums in another order
    expect(new Set(classes.map((own) => own.metrics.mse)).size).toBe(10);
  });
});
