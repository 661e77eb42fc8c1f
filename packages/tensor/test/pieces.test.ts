import { openDevice, type TileKind } from '@hourglass/testing/device';
import { describe, expect, test } from 'vitest';
import {
  adam,
  batchNorm,
  concat,
  type Device,
  DeviceError,
  gatherRows,
  grad,
  mse,
  normalOnHost,
  pack,
  randomNormal,
  randomUniform,
  type Tensor,
  uniformOnHost,
} from '../src/index.ts';
import { tilesFor } from '../src/tiles.ts';
import { expectClose, numbers, TOLERANCE } from './check.ts';

// The same adapter with and without a limit that cuts the larger tensors below into pieces. No number depends on the
// cut: sums continue where the previous piece ended, in the order of a single piece, so every bit must agree. There are
// few workgroups, so that the parts of a weight gradient, which can't be cut, fit the limit.
const { direct, tiled } = tilesFor('hardware', 1);
const few = {
  direct: { ...direct, weightGradient: { ...direct.weightGradient, workgroups: 64 } },
  tiled: { ...tiled, weightGradient: { ...tiled.weightGradient, workgroups: 64 } },
};
const open = (kind: TileKind, bindingLimit?: number): Promise<Device> =>
  openDevice(kind, { bindingLimit, ...(kind === 'hardware' ? { tiles: few } : {}) });

const BATCH = 12;
const LIMIT = 160_000; // bytes; one sample of the hidden layer has 32 768
const whole = await open('software');
const cut = await open('software', LIMIT);

/** A training step with every kind of kernel that processes images. */
async function step(device: Device): Promise<{ results: Float32Array[]; dispatches: number }> {
  const bytes = device.bytes(
    Uint8Array.from({ length: 20 * 32 * 32 * 4 }, (_, i) => (i * 7919) % 251),
    [20, 32, 32, 4],
  );
  const flat = device.variable(Float32Array.from(numbers([1024], 1, [-0.3, 0.3]).data));
  const kernel = flat.view(0, [3, 3, 4, 8]);
  const back = flat.view(320, [3, 3, 1, 8]);
  const gamma = flat.view(448, [8]);
  const beta = flat.view(512, [8]);
  const moments = [0, 1].map(() => device.variable(new Float32Array(1024)));
  const order = device.integers(Array.from({ length: BATCH }, (_, i) => (i * 7) % 20));
  const rate = device.tensor(0.01);
  const plan = await device.compile({}, () => {
    const images = gatherRows(bytes, order).mul(1 / 255);
    const hidden = batchNorm(images.conv2d(kernel).leakyRelu(), gamma, beta);
    const output = hidden.output.add(randomNormal(device, [8], { seed: 1 })).conv2dTranspose(back, { stride: 2 });
    const wanted = images.reshape([BATCH, 64, 64, 1]);
    const loss = mse(output.sigmoid(), wanted);
    const weights = [kernel, back, gamma, beta];
    const gradient = pack(grad(loss, weights), [0, 320, 448, 512], 1024);
    const state = { weights: flat, m: moments[0]!, v: moments[1]! };
    return {
      outputs: { loss, gradient, output, mean: hidden.mean, variance: hidden.variance },
      updates: [adam(state, gradient, rate)],
    };
  });
  plan.run({});
  const names = ['loss', 'gradient', 'output', 'mean', 'variance'];
  const results = [...(await Promise.all(names.map((name) => plan.read(name)))), await flat.data()];
  const { dispatches } = plan;
  plan.destroy();
  return { results, dispatches };
}

test.each([
  { kind: 'software', devices: [whole, cut] },
  { kind: 'hardware', devices: [await open('hardware'), await open('hardware', LIMIT)] },
  { kind: 'tiled', devices: [await open('tiled'), await open('tiled', LIMIT)] },
] as const)('a step in pieces gives the same bits as in one piece, with the tiles of $kind', async ({ devices }) => {
  const [one, many] = [await step(devices[0]), await step(devices[1])];
  expect(many.dispatches).toBeGreaterThan(one.dispatches + 10);
  expect(many.results).toEqual(one.results);
});

test('views, broadcasts along the batch, and sums with few and many results', async () => {
  const compute = async (device: Device): Promise<Float32Array[]> => {
    const perSample = device.tensor(Float32Array.from(numbers([BATCH, 64], 3).data), [BATCH, 1, 64]);
    const perRow = device.tensor(Float32Array.from(numbers([64, 64], 4).data), [64, 64]);
    const large = perSample.broadcastTo([BATCH, 64, 64]).mul(perRow);
    const results: Tensor[] = [
      large.slice([0, 3, 0], [BATCH, 59, 64]).exp(),
      large.sum(0),
      large.sum([1, 2]),
      large.sum(2).square(),
      large.sum(),
    ];
    return Promise.all(results.map((result) => result.data()));
  };
  expect(await compute(cut)).toEqual(await compute(whole));
});

// Each shape takes more than 64 kB, and holds many terms for each result, few, or all in one row. Only the tiles of
// GPUs add whole tensors in another order: several lanes then share the terms of one result.
describe.each(['software', 'hardware'] as const)('sums and extremes with the tiles of %s', async (kind) => {
  const [small, large] = [await openDevice(kind, { bindingLimit: 65_536 }), await openDevice(kind)];
  const softmax = (x: Tensor): Tensor => {
    const powers = x.sub(x.max(-1, { keepDims: true })).exp();
    return powers.div(powers.sum(-1, { keepDims: true }));
  };
  const normalized = (x: Tensor): Tensor => {
    const centred = x.sub(x.mean(-1, { keepDims: true }));
    return centred.div(centred.square().mean(-1, { keepDims: true }).add(1e-3).sqrt());
  };
  const operations: Record<string, (x: Tensor) => Tensor> = {
    'sum(-1)': (x) => x.sum(-1),
    'sum(-1) of all rows': (x) => x.square().sum(-1).sum(),
    'mean()': (x) => x.mean(),
    'sum(0)': (x) => x.sum(0),
    'max(-1)': (x) => x.max(-1),
    'min(0)': (x) => x.min(0),
    'max()': (x) => x.max(),
    softmax,
    normalized,
  };

  test.each([[[1024, 100]], [[1, 40_000]], [[8, 60, 50]], [[1, 1, 200, 90]], [[640, 200]], [[20_011]]])(
    'of %j along any axis, and their gradients',
    async (shape) => {
      const values = numbers(shape, 1).data;
      const compute = async (device: Device, of: (x: Tensor) => Tensor): Promise<Float32Array[]> => {
        const x = device.tensor(Float32Array.from(values), shape);
        const y = of(x);
        const [gradient] = grad(y.square().sum(), [x]);
        await device.evaluate([y, gradient]);
        return [await y.data(), await gradient.data()];
      };
      for (const [name, of] of Object.entries(operations)) {
        const [found, expected] = [await compute(small, of), await compute(large, of)];
        found.forEach((result, i) => {
          expectClose(
            result,
            expected[i]!,
            `${name}: ${i === 0 ? 'result' : 'gradient'}`,
            kind === 'software' ? 0 : TOLERANCE,
          );
        });
      }
    },
  );
});

// A piece is a share of the elements, whatever the outermost extents of the shapes.
test('intermediate shapes that no piece divides', async () => {
  const compute = async (device: Device): Promise<Float32Array[]> => {
    const tensor = (shape: number[], seed: number): Tensor =>
      device.tensor(Float32Array.from(numbers(shape, seed).data), shape);
    const row = tensor([1, 256], 1).broadcastTo([256, 256]);
    const column = tensor([256, 1], 2);
    const two = tensor([2, 128, 256], 3).mul(tensor([128, 1], 4));
    const images = tensor([4, 32, 32, 16], 5).conv2d(tensor([1, 1, 16, 16], 6));
    const results: Tensor[] = [
      row.mul(2).reshape([1, 256, 256]).add(column).reshape([256, 256]).mul(2),
      two.add(tensor([256], 7)),
      images
        .reshape([1, 4096, 16])
        .add(tensor([4096, 1], 8))
        .reshape([4, 32, 32, 16]),
      images
        .reshape([1, 4096, 16])
        .mul(tensor([4096, 1], 9))
        .reshape([1024, 64])
        .sum(1),
    ];
    return Promise.all(results.map((result) => result.data()));
  };
  expect(await compute(cut)).toEqual(await compute(whole));
});

test('a tensor that can’t be cut along the batch throws an error that names the limit', async () => {
  const [rows, columns] = [16, 4096];
  const large = cut.tensor([1]).broadcastTo([rows, columns]).exp();
  await large.data();
  const turned = large.transpose().exp().data();
  await expect(turned).rejects.toThrow(DeviceError);
  await expect(turned).rejects.toThrow(`${LIMIT}`);
});

test('random numbers in pieces are equal to those of the host', async () => {
  for (const [draw, onHost] of [
    [randomUniform, uniformOnHost],
    [randomNormal, normalOnHost],
  ] as const) {
    const values = await draw(cut, [16, 4096], { seed: 3, step: 5 }).mul(2).data();
    const expected = onHost(16 * 4096, { seed: 3, step: 5 }).map((value) => 2 * value);
    // The functions of Box-Muller are rounded differently on the host.
    expectClose(values, expected, draw.name, draw === randomUniform ? 0 : 1e-5);
  }
});

test('the batch that such an error suggests fits, and one more sample does not', async () => {
  // The gradient of a table's rows is computed in one piece.
  const draw = (batch: number) => {
    const table = cut.variable(new Float32Array(batch * 4096), [batch, 4096]);
    return grad(gatherRows(table, cut.integers([0])).sum(), [table])[0].data();
  };
  const { message } = await draw(16).then(
    () => expect.unreachable(),
    (error: DeviceError) => error,
  );
  expect(message).toMatch(/result \[16, 4096\] of scatterRows takes 262144 bytes/);
  const batch = Number(/a batch of at most (\d+) fits here/.exec(message)?.[1]);
  expect(await draw(batch)).toHaveLength(batch * 4096);
  await expect(draw(batch + 1)).rejects.toThrow(DeviceError);
});

test('the error suggests no batch where there is none', async () => {
  const w = cut.tensor(new Float32Array(49_152), [1, 49_152]);
  await expect(
    cut
      .tensor([[1]])
      .matmul(w)
      .data(),
  ).rejects.toThrow(
    /takes 196608 bytes, but this adapter binds at most 160000 at once; use a smaller model or batch\.$/,
  );
});

// 50 021 and 100 003 are primes: no number of equal pieces fits them.
describe('unequal pieces', () => {
  const counted = (shape: number[], from: number): Tensor => {
    const size = shape.reduce((product, n) => product * n, 1);
    return cut.tensor(
      Float32Array.from({ length: size }, (_, i) => from + i),
      shape,
    );
  };

  test.each([
    { axis: 0, shapes: [[3], [50_021], [1000]] },
    {
      axis: 0,
      shapes: [
        [2, 7],
        [5000, 7],
        [1, 7],
      ],
    },
    {
      axis: 1,
      shapes: [
        [3, 20_032],
        [3, 64],
        [3, 16_000],
      ],
    },
    {
      axis: 1,
      shapes: [
        [7, 10_048],
        [7, 64],
      ],
    },
    {
      axis: 1,
      shapes: [
        [5000, 11, 3],
        [5000, 2, 3],
      ],
    },
  ])('a concatenation along $axis of $shapes, and its gradient', async ({ axis, shapes }) => {
    const parts = shapes.map((shape, i) => counted(shape, i * 1_000_000));
    const hosts = await Promise.all(parts.map((part) => part.data()));
    // A run covers the inner extents.
    const runs = shapes.map((shape) => shape.slice(axis).reduce((product, n) => product * n, 1));
    const expected = Array.from({ length: hosts[0]!.length / runs[0]! }, (_, row) =>
      hosts.flatMap((host, i) => [...host.subarray(row * runs[i]!, (row + 1) * runs[i]!)]),
    ).flat();
    expect(await concat(parts, axis).data()).toEqual(Float32Array.from(expected));
    const gradients = grad(concat(parts, axis).square().sum(), parts);
    for (const [i, gradient] of gradients.entries()) {
      expect(await gradient.data()).toEqual(hosts[i]!.map((value) => 2 * value));
    }
  });

  test('an Adam step of 100 003 weights', async () => {
    const size = 100_003;
    const stepOf = async (device: Device): Promise<Float32Array[]> => {
      const variable = (seed: number) => device.variable(Float32Array.from(numbers([size], seed, [0, 1]).data));
      const state = { weights: variable(1), m: variable(2), v: variable(3) };
      const gradient = device.tensor(Float32Array.from(numbers([size], 4).data));
      const plan = await device.compile({}, () => ({ updates: [adam(state, gradient, device.tensor(0.01))] }));
      plan.run({});
      return Promise.all([state.weights.data(), state.m.data(), state.v.data()]);
    };
    expect(await stepOf(cut)).toEqual(await stepOf(whole));
  });
});

test('variables are assigned in pieces, and gates apply to each', async () => {
  const v = cut.variable(new Float32Array(100_000).fill(1));
  const one = cut.variable(Float32Array.from({ length: 100_000 }, (_, i) => i));
  const plan = await cut.compile({ stop: 'f32' }, ({ stop }) => ({
    updates: [v.assign(v.add(one)), one.assign(v.mul(0), stop)],
  }));
  plan.run({ stop: 1 });
  plan.run({ stop: 0 });
  expect(await v.data()).toEqual(Float32Array.from({ length: 100_000 }, (_, i) => 1 + 2 * i));
  expect(await one.data()).toEqual(new Float32Array(100_000));
});

test('a concatenation of long rows that begin anywhere', async () => {
  const [a, b] = [cut.zeros([3, 20_011]).add(1), cut.zeros([3, 60_000]).add(2)];
  const row = [...new Array<number>(20_011).fill(1), ...new Array<number>(60_000).fill(2)];
  expect(await concat([a, b], 1).data()).toEqual(Float32Array.from([row, row, row].flat()));
});

test('any part of a tensor above the limit can be read separately', async () => {
  const x = cut.tensor(Float32Array.from({ length: 100_003 }, (_, i) => i));
  for (const [begin, end] of [
    [0, 2],
    [50_021, 50_022],
    [99_998, 100_003],
    [3, 90_003],
  ] as const) {
    const values = await x.slice([begin], [end]).mul(2).data();
    expect(values).toEqual(Float32Array.from({ length: end - begin }, (_, i) => 2 * (begin + i)));
  }
});

test('extremes of adjacent pixels have the same bits in pieces, and so do their gradients', async () => {
  const pooled = async (device: Device): Promise<Float32Array[]> => {
    const x = randomNormal(device, [BATCH, 32, 2, 16, 8], { seed: 2 });
    const largest = x.mul(2).max(2).add(1);
    const [gradient] = grad(largest.square().sum(), [x]);
    await device.evaluate([largest, gradient]);
    return Promise.all([largest.data(), gradient.data()]);
  };
  expect(await pooled(cut)).toEqual(await pooled(whole));
});

test('rows that are too long are cut, and tensors repeated along them are read at the right index', async () => {
  const device = await open('software', 1024);
  const [x, y] = [numbers([2, 640], 1), numbers([2, 1], 2)]; // 2560 bytes per row
  const product = device
    .tensor(Float32Array.from(x.data), [2, 640])
    .mul(device.tensor(Float32Array.from(y.data), [2, 1]));
  expectClose(
    await product.data(),
    x.data.map((value, i) => value * y.data[Math.floor(i / 640)]!),
  );
});
