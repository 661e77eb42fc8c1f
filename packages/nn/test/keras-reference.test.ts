import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { mse } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { needs, REAL_DATA, REPORT_WEIGHTS } from '@hourglass/testing/real-files';
import { expect, test } from 'vitest';
import {
  type Autoencoder,
  cartoonAutoencoder,
  ecgAutoencoder,
  fashionAutoencoder,
  fashionVae,
} from '../../experiments/src/model.ts';
import { FileFormatError, type KerasWeights, matchKeras, Weights, WeightsError } from '../src/index.ts';
import { readKeras } from '../src/keras/read.ts';

const TEST_IMAGES = `${REAL_DATA}/fashion-mnist/t10k-images-idx3-ubyte.gz`;

const WHOLE = 'fashion/autoencoderFashion2.h5';
const ENCODER = 'fashion/encoderFashion2.h5';
const DECODER = 'fashion/decoderFashion2.h5';
const ECG = 'ecg/autoencoderECG.h5';
const CARTOON = ['cartoon/enc_24.h5', 'cartoon/dec_24.h5'];

const weights = needs("checks on the report's weights", `${REPORT_WEIGHTS}/${WHOLE}`);
const images = needs("the report's weights on real images", `${REPORT_WEIGHTS}/${WHOLE}`, TEST_IMAGES);

const bytesOf = (file: string): Uint8Array => readFileSync(`${REPORT_WEIGHTS}/${file}`);
const read = (name: string) => ({ weights: readKeras(bytesOf(name), name), name });
const models = ({ encoder, decoder }: Autoencoder) => [encoder, decoder];

// Sums over all weights, computed with h5py 3.16 and NumPy in float64.
test.skipIf(weights.skip).each([
  [WHOLE, 90_947, 28155.278109838022, 11648582.277090728],
  [ENCODER, 25_474, 565.4351962915971, 13213.20587346635],
  [DECODER, 65_473, 27589.84291354642, 11635369.071217261],
  [ECG, 10_484, -38.36643184557761, 173.6641636574805],
  [CARTOON[0]!, 950_728, 747.6607910100226, 6352.041053728751],
  [CARTOON[1]!, 954_307, 2124.3731301435987, 65140.60013923485],
])(`%s has %i weights that sum to %d, their squares to %d${weights.note}`, (file, count, sum, squares) => {
  const values = read(file).weights.layers.flatMap(({ weights }) => weights.map(({ data }) => data));
  const total = (of: (value: number) => number): number =>
    values.reduce((all, data) => data.reduce((sum, value) => sum + of(value), all), 0);
  expect(total(() => 1)).toBe(count);
  // A million roundings, each 2^-53 of a partial sum not far above the total, added in another order.
  expect(Math.abs(total((value) => value) / sum - 1)).toBeLessThan(1e-10);
  expect(Math.abs(total((value) => value ** 2) / squares - 1)).toBeLessThan(1e-10);
});

test.skipIf(weights.skip)(`individual weights have the right names${weights.note}`, () => {
  const fashion = matchKeras([read(WHOLE)], models(fashionAutoencoder({ latent: 2 })));
  const ecg = matchKeras([read(ECG)], models(ecgAutoencoder({ latent: 8 })));
  // Shape, first and last element, read with h5py.
  for (const [stored, shape, first, last] of [
    [fashion.get('encoder.dense.kernel'), [3136, 2], -0.24051877856254578, -0.02386941760778427],
    [fashion.get('encoder.conv2d_1.kernel'), [3, 3, 32, 64], 0.01967616379261017, 0.2610286772251129],
    [fashion.get('decoder.batch_normalization.moving_variance'), [64], 491.8599548339844, 363.51171875],
    [ecg.get('encoder.dense_2.kernel'), [16, 8], -0.3717682957649231, 0.40716004371643066],
    [ecg.get('decoder.dense_2.bias'), [140], -0.038056325167417526, -0.07096163928508759],
  ] as const) {
    expect({ shape: stored!.shape, first: stored!.data[0], last: stored!.data.at(-1) }).toEqual({ shape, first, last });
  }
});

test.skipIf(weights.skip)(`encoder and decoder in two files equal the whole model${weights.note}`, () => {
  const both = models(fashionAutoencoder({ latent: 2 }));
  const whole = matchKeras([read(WHOLE)], both);
  expect(whole.size).toBe(30);
  expect(matchKeras([read(DECODER), read(ENCODER)], both)).toEqual(whole);
  expect(matchKeras([read(ENCODER)], both.slice(0, 1)).size + matchKeras([read(DECODER)], both.slice(1)).size).toBe(30);
  const cartoon = matchKeras(CARTOON.map(read), models(cartoonAutoencoder({ latent: 200 }, false)));
  expect([...cartoon.values()].reduce((sum, { data }) => sum + data.length, 0)).toBe(950_728 + 954_307);
});

test.skipIf(weights.skip).each([
  [
    [WHOLE],
    fashionVae({ latent: 2 }),
    /'encoder\/latent' has kernel .*but encoder\.conv2d_2 needs kernel \[3, 3, 64, 64\]/,
  ],
  [[WHOLE], fashionAutoencoder({ latent: 3 }), /'encoder\/latent' has kernel \[3136, 2\].*needs kernel \[3136, 3\]/],
  [
    [ECG],
    fashionAutoencoder({ latent: 2 }),
    /'sequential\/dense' has kernel \[140, 32\].*needs kernel \[3, 3, 1, 32\]/,
  ],
  [[ENCODER], fashionAutoencoder({ latent: 2 }), /no weights for the decoder/],
  [CARTOON, cartoonAutoencoder({ latent: 200 }, true), /enc_24\.h5: ends after .*'dense_1', but encoder\.dense_1 with/],
  [CARTOON, cartoonAutoencoder({ latent: 200, size: 128 }, false), /conv_5' has kernel .*but encoder\.dense needs/],
])(`%j for another model: the error names the layer that differs${weights.note}`, (files, model, message) => {
  const match = () => matchKeras(files.map(read), models(model));
  expect(match).toThrow(WeightsError);
  expect(match).toThrow(message);
});

test.skipIf(weights.skip).each([ECG, ENCODER])(
  `%s damaged in one place at a time gives an error or weights within the time limit${weights.note}`,
  (file) => {
    const intact = bytesOf(file);
    const outcome = (bytes: Uint8Array): KerasWeights | FileFormatError => {
      const start = performance.now();
      try {
        return readKeras(bytes, file);
      } catch (error) {
        if (!(error instanceof FileFormatError)) throw error;
        return error;
      } finally {
        expect(performance.now() - start).toBeLessThan(3000); // an undamaged file takes about 5 ms
      }
    };
    for (let i = 0; i < 400; i++) {
      const at = Math.floor((i / 400) * intact.length) + (i % 37);
      expect(outcome(intact.subarray(0, at))).toBeInstanceOf(FileFormatError);
      outcome(intact.with(at, intact[at]! ^ (1 << (i % 8))));
      outcome(intact.with(at, 255));
    }
  },
);

test.skipIf(images.skip)(`fashion reconstructs the first 1000 test images as measured${images.note}`, async () => {
  const device = await openDevice();
  const built = fashionAutoencoder({ latent: 2 });
  const weights = new Weights(device, models(built), 0);
  weights.write(matchKeras([read(WHOLE)], models(built)), WHOLE);

  const [count, header] = [1000, 16];
  const pixels = gunzipSync(readFileSync(TEST_IMAGES)).subarray(header, header + count * 784);
  const x = device.tensor(
    Float32Array.from(pixels, (value) => value / 255),
    [count, 28, 28, 1],
  );
  const lookup = (name: string) => weights.get(name);
  const pass = { training: false };
  const y = built.decoder.apply(built.encoder.apply(x, lookup, pass), lookup, pass);
  const [error] = await mse(y, x).data();
  // 0.02908 on all 10 000 images. A thousand of them differ by about 3 %, a swapped or transposed weight by far more.
  expect(error).toBeGreaterThan(0.027);
  expect(error).toBeLessThan(0.031);
});
