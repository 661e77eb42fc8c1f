import { expect, test } from 'vitest';
import { leastWork } from '../src/benchmark.ts';
import { EXPERIMENTS } from '../src/index.ts';

/** A 3x3 layer: each pixel of its smaller image needs 9 taps for each pair of channels. */
const layer = (side: number, channels: number, filters: number) => side ** 2 * 9 * channels * filters;

/** Multiply-adds in a sample's forward pass: encoder, the dense layers at the bottleneck, decoder. */
test.each([
  [
    'fashion',
    layer(14, 1, 32) + layer(7, 32, 64) + 2 * 3136 * 2 + layer(7, 64, 64) + layer(14, 64, 32) + layer(28, 32, 1),
  ],
  ['fashion-vae', 2 * (layer(28, 1, 32) + layer(14, 32, 64) + 2 * layer(7, 64, 64)) + 3 * 3136 * 2],
  [
    'cartoon-vae',
    2 * (layer(128, 3, 32) + layer(64, 32, 64) + layer(32, 64, 64) + layer(16, 64, 64) + layer(8, 64, 64)) +
      3 * 4096 * 200,
  ],
  ['ecg', 2 * (140 * 32 + 32 * 16 + 16 * 8)],
])('a training step of %s costs three forward passes', (name, multiplyAdds) => {
  const { build, latent } = EXPERIMENTS.get(name)!;
  expect(leastWork(build({ latent }), 10).flops).toBe(10 * 3 * 2 * multiplyAdds);
});

test('the minimum traffic of dense layers reads and writes each matrix once per product', () => {
  const { build, latent } = EXPERIMENTS.get('ecg')!;
  const batch = 10;
  const widths = [140, 32, 16, 8, 16, 32, 140];
  let [read, written, parameters] = [0, 0, 0];
  for (let i = 1; i < widths.length; i++) {
    const [input, output, kernel] = [batch * widths[i - 1]!, batch * widths[i]!, widths[i - 1]! * widths[i]!];
    parameters += kernel + widths[i]!;
    read += input + kernel + (i > 1 ? output + kernel : 0) + input + output;
    written += output + (i > 1 ? input : 0) + kernel;
  }
  const { leastTraffic } = leastWork(build({ latent }), batch);
  // Adam reads the gradient, the weights and two moments, and writes all of them except the gradient.
  expect(leastTraffic).toEqual({ read: 4 * (read + 4 * parameters), written: 4 * (written + 3 * parameters) });
});
