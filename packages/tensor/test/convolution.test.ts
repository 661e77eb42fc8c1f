import { openDevice, TILE_KINDS } from '@hourglass/testing/device';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ConvolutionOptions,
  checkGradients,
  type Device,
  grad,
  type Tensor,
  type TransposedConvolutionOptions,
} from '../src/index.ts';
import { runs } from './arbitraries.ts';
import { checkOperation, numbers, upload } from './check.ts';
import { matmul, transpose, type Values } from './reference.ts';
import { conv2d, conv2dTranspose } from './reference-convolution.ts';

// The tiles differ between adapters; the numbers must not.
const devices = {
  software: await openDevice('software'),
  hardware: await openDevice('hardware'),
  tiled: await openDevice('tiled'),
};

const channels = fc.constantFrom(1, 3, 4, 5, 32);
const cases = fc
  .record({
    kind: fc.constantFrom(...TILE_KINDS),
    batch: fc.constantFrom(1, 3),
    size: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
    window: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
    inputs: channels,
    outputs: channels,
    stride: fc.constantFrom<number | [number, number]>(1, 2, 3, [1, 2], [3, 1], [2, 3]),
    padding: fc.constantFrom('same' as const, 'valid' as const),
  })
  .filter(({ padding, size, window }) => padding === 'same' || window.every((k, d) => k <= size[d]!));

const REFERENCE = { conv2d, conv2dTranspose };

async function check(
  device: Device,
  of: 'conv2d' | 'conv2dTranspose',
  [x, kernel]: readonly [Values, Values],
  options: Required<ConvolutionOptions> & TransposedConvolutionOptions,
): Promise<void> {
  await checkOperation(
    device,
    [x, kernel],
    (t, k) => t![of](k!, options),
    (v, k) => REFERENCE[of](v!, k!, options).output,
    (dy) => {
      const gradients = REFERENCE[of](x, kernel, options).gradients(dy);
      return [gradients.x, gradients.kernel];
    },
  );
}

test('conv2d, forward and gradients', async () => {
  await fc.assert(
    fc.asyncProperty(cases, ({ kind, batch, size, window, inputs, outputs, ...options }) =>
      check(
        devices[kind],
        'conv2d',
        [numbers([batch, ...size, inputs], 1), numbers([...window, inputs, outputs], 2)],
        options,
      ),
    ),
    runs(30),
  );
});

test('conv2dTranspose, forward and gradients', async () => {
  await fc.assert(
    fc.asyncProperty(cases, ({ kind, batch, size, window, inputs, outputs, ...options }) =>
      check(
        devices[kind],
        'conv2dTranspose',
        [numbers([batch, ...size, inputs], 1), numbers([...window, outputs, inputs], 2)],
        options,
      ),
    ),
    runs(30),
  );
});

test('conv2dTranspose to every size that the convolution maps to the input', async () => {
  for (const [kind, padding, outputSize] of [
    ['software', 'same', [7, 10]],
    ['hardware', 'same', [8, 11]],
    ['tiled', 'valid', [10, 14]],
  ] as const) {
    const [x, kernel] = [numbers([2, 4, 4, 3], 1), numbers([3, 4, 5, 3], 2)];
    await check(devices[kind], 'conv2dTranspose', [x, kernel], { stride: [2, 3], padding, outputSize });
  }
  const [x, kernel] = [devices.software.zeros([1, 4, 4, 3]), devices.software.zeros([3, 3, 5, 3])];
  expect(() => x.conv2dTranspose(kernel, { stride: 2, outputSize: [9, 8] })).toThrow(/9x8.*4x4.*5x4/);
});

describe.each(TILE_KINDS)('with the tiles of %s', (kind) => {
  const device = devices[kind];

  // Above two million multiply-adds, the tiles are wide: here they reach beyond the last pixel and the last channel.
  test.each([
    { of: 'conv2d', x: [3, 13, 11, 32], kernel: [3, 3, 32, 35], stride: 1 },
    { of: 'conv2d', x: [2, 21, 19, 17], kernel: [3, 3, 17, 64], stride: 2 },
    { of: 'conv2dTranspose', x: [3, 9, 7, 64], kernel: [3, 3, 32, 64], stride: 2 },
    { of: 'conv2dTranspose', x: [4, 9, 8, 20], kernel: [4, 5, 24, 20], stride: 3 },
    { of: 'conv2dTranspose', x: [2, 23, 21, 64], kernel: [5, 5, 3, 64], stride: 2 },
    { of: 'conv2d', x: [2, 21, 39, 16], kernel: [3, 7, 16, 32], stride: [1, 2] },
    { of: 'conv2dTranspose', x: [2, 19, 21, 32], kernel: [2, 5, 16, 32], stride: [2, 3] },
  ] as const)('$of of $x with $kernel, stride $stride', ({ of, x, kernel, stride }) =>
    check(device, of, [numbers(x, 1), numbers(kernel, 2)], { stride, padding: 'same' }),
  );

  // Long, wide and narrow products; few of them fill their tiles.
  test.each([
    [5, 7, 3],
    [33, 65, 17],
    [1, 130, 1],
    [2, 4100, 5],
    [2, 1500, 12],
    [3, 200, 430],
    [65, 130, 256], // the last tile of rows is nearly empty, and the result fills its memory to the end
  ])('matmul of %i x %i x %i', (m, k, n) => {
    const [a, b] = [numbers([m, k], 1), numbers([k, n], 2)];
    return checkOperation(
      device,
      [a, b],
      (x, y) => x!.matmul(y!),
      (x, y) => matmul(x!, y!),
      (data) => {
        const dy = { shape: [m, n], data };
        return [matmul(dy, transpose(b, [1, 0])), matmul(transpose(a, [1, 0]), dy)];
      },
    );
  });
});

test('a weight gradient has a gradient for both operands', async () => {
  for (const of of ['conv2d', 'conv2dTranspose'] as const) {
    const [x, kernel] = [numbers([2, 4, 5, 3], 1), numbers([3, 2, 3, 3], 2)].map((values) =>
      upload(devices.software, values),
    ) as [Tensor, Tensor];
    await checkGradients((a, b) => grad(a![of](b!, { stride: 2 }).square().sum(), [b!])[0], [x, kernel]);
  }
});

test('a weight gradient does not depend on the earlier contents of its operand’s memory', async () => {
  const device = devices.software;
  const [x, kernel] = [numbers([3, 5, 5, 4], 1), numbers([3, 3, 4, 4], 2)].map((values) => upload(device, values));
  const [before, square] = [numbers([20, 16], 3), numbers([16, 16], 4)].map((values) => upload(device, values));
  const plan = await device.compile({ scale: 'f32' }, ({ scale }) => {
    // 320 elements, whose memory later holds the 300 of the convolution's gradient.
    const early = before!.mul(scale).matmul(square!).sum();
    const [gradient] = grad(x!.conv2d(kernel!).square().sum(), [kernel!]);
    return { outputs: { early, gradient } };
  });
  const runsOf = [];
  for (const scale of [1, Number.POSITIVE_INFINITY, 1]) {
    plan.run({ scale });
    runsOf.push(await plan.read('gradient'));
  }
  expect(runsOf[1]).toEqual(runsOf[0]);
  expect(runsOf[2]).toEqual(runsOf[0]);
  plan.destroy();
});
