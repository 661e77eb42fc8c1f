import { Weights } from '@hourglass/nn';
import { type Device, ShapeError, uniformOnHost } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { beforeAll, describe, expect, test } from 'vitest';
import { ecg } from '../src/ecg.ts';
import { fitWeights, scoreMetadata, TrainedModel } from '../src/index.ts';

const LENGTH = 140;
const LATENT = 3;

let device: Device;
let trained: TrainedModel;
beforeAll(async () => {
  device = await openDevice();
  const { encoder, decoder } = ecg.build({ latent: LATENT });
  const tensors = await new Weights(device, [encoder, decoder], 7).read();
  trained = TrainedModel.from(device, fitWeights(ecg, [{ name: 'a file', tensors }]));
});

const rowsOf = (count: number): Float32Array => uniformOnHost(count * LENGTH, { seed: 1 });

/** Kernels for other batch sizes may add float32 numbers in another order. */
function expectClose(found: Float32Array, expected: Float32Array): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(found[i]! - value)).toBeLessThan(1e-5);
}

describe('a trained model', () => {
  test('infers the length of its codes from its weights', () => expect(trained.latent).toBe(LATENT));

  test('reconstructs samples by decoding their codes, and its errors are those of the reconstructions', async () => {
    const rows = rowsOf(5);
    const codes = await trained.encode(rows);
    expect(codes).toHaveLength(5 * LATENT);
    const reconstructions = await trained.reconstruct(rows);
    expectClose(await trained.decode(codes), reconstructions);
    const errors = Float32Array.from({ length: 5 }, (_, i) => {
      const own = rows.subarray(i * LENGTH, (i + 1) * LENGTH);
      return own.reduce((sum, value, t) => sum + Math.abs(value - reconstructions[i * LENGTH + t]!), 0) / LENGTH;
    });
    expectClose(await trained.errors(rows), errors);
  });

  test('scores as its file says', async () => {
    const rows = rowsOf(5);
    const { encoder, decoder } = ecg.build({ latent: LATENT });
    const tensors = await new Weights(device, [encoder, decoder], 7).read();
    const withScore = (metadata: Record<string, string>) =>
      TrainedModel.from(device, fitWeights(ecg, [{ name: 'a file', tensors, metadata }]));
    const reconstructions = await trained.reconstruct(rows);
    const roots = Float32Array.from({ length: 5 }, (_, i) => {
      const own = rows.subarray(i * LENGTH, (i + 1) * LENGTH);
      return Math.sqrt(
        own.reduce((sum, value, t) => sum + (value - reconstructions[i * LENGTH + t]!) ** 2, 0) / LENGTH,
      );
    });
    expectClose(await withScore(scoreMetadata('rmse')).errors(rows), roots);
    expectClose(await withScore(scoreMetadata('mae')).errors(rows), await trained.errors(rows));
    expect(() => withScore({ 'hourglass.score': 'max' })).toThrow(
      "a file: the detector’s score 'max' is unknown. Known scores: mae, rmse.",
    );
  });

  test('computes the same result for a row, with any number of other rows', async () => {
    const rows = rowsOf(300);
    const all = await trained.encode(rows);
    const read = async (start: number, count: number) => rows.subarray(start * LENGTH, (start + count) * LENGTH);
    const { codes } = await trained.apply(
      ({ encoder }, x, { weights, ...pass }) => ({ codes: encoder.apply(x, weights, pass) }),
      { count: 300, read },
    );
    expect(codes).toEqual(all);
    for (const i of [0, 128, 299]) {
      const alone = await trained.encode(rows.subarray(i * LENGTH, (i + 1) * LENGTH));
      expectClose(alone, all.subarray(i * LATENT, (i + 1) * LATENT));
    }
    expect(await trained.encode(new Float32Array(0))).toHaveLength(0);
  });

  test('pads batches to a few sizes', async () => {
    for (const count of [1, 2, 16, 17, 61, 64, 65, 128]) {
      let batches = 0;
      let largest = 0;
      const read = async (start: number, own: number) => {
        batches++;
        largest = Math.max(largest, own);
        return rowsOf(count).subarray(start * LENGTH, (start + own) * LENGTH);
      };
      await trained.apply(({ encoder }, x, { weights, ...pass }) => ({ codes: encoder.apply(x, weights, pass) }), {
        count,
        read,
      });
      expect(batches).toBe(count <= 16 || count > 64 ? 1 : Math.ceil(count / 16));
      expect(largest).toBe(batches === 1 ? count : 16);
    }
  });

  test('decodes again without creating anything, also in overlapping calls', async () => {
    const codes = [1, 2, 3].map((seed) => uniformOnHost(LATENT, { seed }));
    const apart: Float32Array[] = [];
    for (const code of codes) apart.push(await trained.decode(code));
    const { buffers, bindGroups, pipelines } = device.counters;
    const before = { bindGroups, pipelines };
    const together = await Promise.all(codes.map((code) => trained.decode(code)));
    expect(together).toEqual(apart);
    expect(device.counters).toMatchObject(before);
    expect(device.counters.buffers - buffers).toBeLessThanOrEqual(2); // to read back three results at once
  });

  test('draws the same noise for the same rows', async () => {
    const rows = new Float32Array(50 * LENGTH).fill(0.5);
    const noisy = await trained.addNoise(rows);
    expect(await trained.addNoise(rows)).toEqual(noisy);
    // A share of 1/20 each, in 7 000 draws, ± 5 standard deviations.
    const share = (value: number): number => noisy.filter((each) => each === value).length / noisy.length;
    for (const value of [0, 1]) expect(Math.abs(share(value) - 0.05)).toBeLessThan(0.013);
  });

  test('refuses an incomplete row', () => expect(trained.encode(new Float32Array(7))).rejects.toThrow(ShapeError));
});

test('one half runs without the other', async () => {
  const { decoder } = trained.model;
  const tensors = await new Weights(device, [decoder], 7).read();
  const half = TrainedModel.from(device, fitWeights(ecg, [{ name: 'a file', tensors }], ['decoder']));
  expect(await half.decode(new Float32Array(LATENT))).toHaveLength(LENGTH);
});
