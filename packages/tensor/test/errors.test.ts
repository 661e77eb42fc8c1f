import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDevice } from '@hourglass/testing/device';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { requestAdapter } from '../../node/src/index.ts';
import type { Dispatch } from '../src/dispatch.ts';
import { checkFits } from '../src/fits.ts';
import {
  adam,
  batchNorm,
  checkGradients,
  concat,
  Device,
  DeviceError,
  DeviceLostError,
  firstFailure,
  gatherRows,
  grad,
  mse,
  pack,
  profile,
  randomNormal,
  randomUniform,
  ShapeError,
  shuffledIndices,
  shuffledOnHost,
  type Tensor,
  uniformOnHost,
  type Variable,
} from '../src/index.ts';
import { requestAdapter as requestPageAdapter } from '../src/web.ts';

const device = await openDevice();

/** WebGPU's error of that name, which is not a global in Node. */
class GPUOutOfMemoryError extends Error {}

/**
 * Makes a device fail to create buffers of at least this many bytes, as WebGPU does without memory, until the returned
 * function is called.
 */
function withoutMemoryFor(gpu: GPUDevice, bytes: number): () => void {
  const [create, pop] = [gpu.createBuffer.bind(gpu), gpu.popErrorScope.bind(gpu)];
  let failed = false;
  gpu.createBuffer = (descriptor) => {
    if (descriptor.size < bytes) return create(descriptor);
    failed = true;
    gpu.pushErrorScope('validation');
    const invalid = create({ ...descriptor, usage: 0 });
    void pop();
    return invalid;
  };
  gpu.popErrorScope = async () => {
    const error = failed ? new GPUOutOfMemoryError('Failed to allocate memory for buffer.') : null;
    failed = false;
    return (await pop()) ?? error;
  };
  return () => {
    gpu.createBuffer = create;
    gpu.popErrorScope = pop;
  };
}

const zeros = (...shape: number[]): Tensor => device.zeros(shape);

describe('shapes that do not fit throw an error with every shape in it', () => {
  const cases: Record<string, [() => unknown, string[]]> = {
    add: [() => zeros(2, 3).add(zeros(2, 4)), ['[2, 3]', '[2, 4]']],
    matmul: [() => zeros(2, 3).matmul(zeros(4, 5)), ['[2, 3]', '[4, 5]']],
    'matmul of vectors': [() => zeros(3).matmul(zeros(3)), ['[3]']],
    conv2d: [() => zeros(1, 5, 5, 3).conv2d(zeros(3, 3, 4, 8)), ['[1, 5, 5, 3]', '[3, 3, 4, 8]']],
    conv2dTranspose: [() => zeros(1, 5, 5, 3).conv2dTranspose(zeros(3, 3, 3, 4)), ['[1, 5, 5, 3]', '[3, 3, 3, 4]']],
    'conv2d, window too large': [
      () => zeros(1, 2, 5, 1).conv2d(zeros(3, 3, 1, 1), { padding: 'valid' }),
      ['2x5', '3x3'],
    ],
    batchNorm: [() => batchNorm(zeros(4, 3), zeros(4), zeros(3)), ['[4]', '[4, 3]']],
    mse: [() => mse(zeros(2, 3), zeros(3)), ['[2, 3]', '[3]']],
    reshape: [() => zeros(2, 3).reshape([4, 2]), ['[2, 3]', '[4, 2]']],
    'reshape, nothing to work out': [() => zeros(2, 3).reshape([4, -1]), ['[2, 3]', '[4, -1]']],
    'reshape, negative': [() => zeros(2, 3).reshape([-2, -3]), ['[2, 3]', '[-2, -3]']],
    transpose: [() => zeros(2, 3).transpose([0, 0]), ['[0, 0]', '[2, 3]']],
    'transpose, too few': [() => zeros(2, 3).transpose([0]), ['[0]', '[2, 3]']],
    slice: [() => zeros(2, 3).slice([0, 1], [2, 4]), ['[0, 1]', '[2, 4]', '[2, 3]']],
    'slice, empty': [() => zeros(2, 3).slice([0, 1], [2, 1]), ['[2, 3]']],
    broadcastTo: [() => zeros(2, 3).broadcastTo([2, 1]), ['[2, 3]', '[2, 1]']],
    concat: [() => concat([zeros(2, 3), zeros(3, 2)]), ['[2, 3]', '[3, 2]']],
    sum: [() => zeros(2, 3).sum(2), ['[2]', '[2, 3]']],
    adam: [
      () => {
        const state = device.variable([1, 2, 3]);
        adam({ weights: state, m: state, v: device.variable([1]) }, zeros(2), zeros());
      },
      ['[3]', '[2]', '[1]'],
    ],
    assign: [() => device.variable([1, 2, 3]).assign(zeros(3, 1)), ['[3, 1]', '[3]']],
    write: [() => device.variable([1, 2, 3]).write([1, 2]), ['2 values', '[3]']],
    view: [() => device.variable([1, 2, 3]).view(64, [2]), ['[2]', '64', '[3]']],
    tensor: [() => device.tensor([1, 2, 3], [2, 2]), ['3 numbers', '[2, 2]']],
    'tensor, ragged': [() => device.tensor([[1, 2], [3]]), ['1 and 2']],
    zeros: [() => zeros(2, 0), ['[2, 0]']],
    'zeros, too many': [() => zeros(65_536, 65_536), ['[65536, 65536]', '4294967296 elements']],
    'broadcastTo, too many': [() => device.tensor(1).broadcastTo([65_536, 65_536]), ['[65536, 65536]']],
    'sub, too many': [() => zeros(65_536, 1).sub(zeros(1, 65_536)), ['sub: ', '[65536, 65536]']],
    'pack, nothing': [() => pack([], [], 64), ['0 tensors']],
    'pack, too few starts': [() => pack([zeros(2), zeros(2)], [0], 64), ['2 tensors and 1 starts']],
    'pack, beyond the end': [() => pack([zeros(100)], [0], 64), ['[100]', 'from 0 to 64']],
    'pack, overlapping': [() => pack([zeros(2), zeros(65)], [64, 0], 128), ['[65]', 'from 0 to 64']],
    gatherRows: [() => gatherRows(zeros(4, 2), zeros(3)), ['[4, 2]', '[3]']],
    grad: [() => grad(zeros(2, 3).square(), []), ['[2, 3]']],
  };

  test.each(Object.entries(cases))('%s', (_, [of, texts]) => {
    expect(of).toThrow(ShapeError);
    for (const text of texts) expect(of).toThrow(text);
    expect(of).toThrow(/\(at errors\.test\.ts:\d+\)$/);
  });
});

test('outside of browsers, the page’s adapters name the package for Node', async () => {
  await expect(requestPageAdapter()).rejects.toThrow('use openDevice of @hourglass/node');
});

test('a program bundled with the engine, like the command, names none of its lines', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hourglass-'));
  const program = join(folder, 'program.mjs');
  await build({
    stdin: {
      contents: "import { ShapeError } from '../src/errors.ts';\nconsole.log(new ShapeError('Too small.').message);",
      resolveDir: import.meta.dirname,
    },
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
  expect(execFileSync(process.execPath, [program], { encoding: 'utf8' })).toBe('Too small.\n');
  rmSync(folder, { recursive: true });
});

describe('other failures have clear messages', () => {
  test('an invalid stride, slope or start', () => {
    expect(() => zeros(1, 2, 2, 1).conv2d(zeros(1, 1, 1, 1), { stride: 0 })).toThrow('stride is 0');
    expect(() => zeros(2).leakyRelu(-1)).toThrow('slope is -1');
    for (const padding of ['VALID', 'foo'] as unknown as 'valid'[]) {
      const text = `the padding is '${padding}'; it must be 'same' or 'valid'`;
      const [x, kernel] = [zeros(1, 4, 4, 1), zeros(3, 3, 1, 1)];
      expect(() => x.conv2d(kernel, { padding })).toThrow(text);
      expect(() => x.conv2dTranspose(kernel, { padding })).toThrow(text);
    }
    expect(() => pack([zeros(2)], [3], 5)).toThrow('multiple of 64');
    expect(() => pack([device.integers([1])], [0], 64)).toThrow(/pack: needs float32 operands, not u32/);
  });

  test('seeds, steps and indices beyond u32', async () => {
    for (const number of [-1, 1.5, 2 ** 32, Number.NaN]) {
      const text = `${number} is no whole number from 0 to 4294967295`;
      expect(() => device.integers([0, number])).toThrow(text);
      expect(() => randomUniform(device, [2], { seed: number })).toThrow(text);
      expect(() => randomUniform(device, [2], { seed: 1, stream: number })).toThrow(text);
      expect(() => uniformOnHost(2, { seed: number })).toThrow(text);
      expect(() => shuffledOnHost(0, 2, { seed: number, epoch: 0 })).toThrow(text);
      const plan = await device.compile({ seed: 'u32' }, ({ seed }) => ({
        outputs: { x: randomUniform(device, [2], { seed }) },
      }));
      expect(() => plan.run({ seed: number })).toThrow(text);
    }
  });

  test('operands that are not float32', () => {
    expect(() => device.integers([1, 2]).add(1)).toThrow('u32');
    const integers = device.integers([1, 2]).reshape([1, 2]);
    expect(() => integers.matmul(integers.reshape([2, 1]))).toThrow('matmul: needs float32 operands, not u32');
    const step = device.integers(1);
    expect(() => firstFailure(step, zeros(), step)).toThrow('firstFailure: needs float32 operands, not u32');
    expect(() => firstFailure(zeros(), step, step)).toThrow(TypeError);
  });

  test('operands that are no tensors', () => {
    const cases: [unknown, string][] = [
      [zeros(2).data(), 'add: object [object Promise] is no tensor or number; await it first.'],
      ['1', "add: the text '1' is no tensor or number."],
      [[1, 2], 'add: object 1,2 is no tensor or number.'],
      [undefined, 'add: undefined is no tensor or number.'],
      [null, 'add: null is no tensor or number.'],
    ];
    for (const [operand, text] of cases) {
      expect(() => zeros(2).add(operand as Tensor)).toThrow(TypeError);
      expect(() => zeros(2).add(operand as Tensor)).toThrow(text);
    }
    expect(() => zeros(2, 2).matmul(3 as unknown as Tensor)).toThrow('matmul: number 3 is no tensor.');
  });

  test('arguments that are no lists', () => {
    expect(() => device.zeros(3 as unknown as number[])).toThrow('zeros: needs a list such as [2, 3], not number 3');
    expect(() => zeros(6).reshape(3 as unknown as number[])).toThrow(
      'reshape: needs a list such as [2, 3], not number 3',
    );
    const w = device.variable([1]);
    expect(() => grad(w.sum(), w as unknown as Tensor[])).toThrow(/^grad: needs a list/);
  });

  test('the state, gate, rate and gradient of Adam', () => {
    const [weights, m, v] = [0, 0, 0].map(() => device.variable([1, 2])) as [Variable, Variable, Variable];
    const [gradient, rate, u32] = [zeros(2), device.tensor(0.1), device.integers(1)];
    const step = (g: Tensor, r: Tensor, unless?: Tensor) => adam({ weights, m, v }, g, r, { unless });
    expect(() => step(gradient, rate, undefined)).not.toThrow();
    expect(() => step(gradient, rate, u32)).toThrow(TypeError);
    expect(() => step(gradient, u32)).toThrow('adam: needs float32 operands, not u32');
    expect(() => step(device.integers([1, 2]), rate)).toThrow(TypeError);
    expect(() => step(gradient, device.tensor([0.1, 0.2]))).toThrow('adam: the rate [2] must be a scalar');
    expect(() => step(gradient, rate, zeros(2))).toThrow('adam: the gate [2] must be a scalar');
  });

  test('a key of random numbers that is not a u32 scalar', () => {
    const wrong = [device.tensor(1), device.integers([1, 2])];
    for (const tensor of wrong) {
      const text = `${tensor.dtype} [${tensor.shape}], not one u32 number`;
      for (const call of [
        () => randomUniform(device, [2], { seed: tensor }),
        () => randomNormal(device, [2], { seed: tensor }),
        () => randomUniform(device, [2], { seed: 1, step: tensor }),
        () => shuffledIndices(device, 1, 2, { seed: tensor, epoch: 0, start: 0 }),
        () => shuffledIndices(device, 1, 2, { seed: 0, epoch: tensor, start: 0 }),
        () => shuffledIndices(device, 1, 2, { seed: 0, epoch: 0, start: tensor }),
      ]) {
        expect(call).toThrow(TypeError);
        expect(call).toThrow(text);
      }
    }
  });

  test('an input of a plan has a value only in its runs', async () => {
    let leaked = zeros();
    const early: Promise<unknown>[] = [];
    const plan = await device.compile({ x: 'f32' }, ({ x }) => {
      leaked = x;
      early.push(x.item(), x.reshape([1]).item(), x.add(1).item());
      for (const read of early) read.catch(() => {});
      return { outputs: { y: x.add(1) } };
    });
    for (const read of early) await expect(read).rejects.toThrow(TypeError);
    for (const read of early) await expect(read).rejects.toThrow("'x' is an input of another plan or trace");
    plan.run({ x: 5 });
    await expect(leaked.data()).rejects.toThrow("'x' is an input of another plan");
    await expect(leaked.mul(2).data()).rejects.toThrow("'x' is an input of another plan");
    const other = device.compile({ x: 'f32' }, ({ x }) => ({ outputs: { y: x.add(leaked) } }));
    await expect(other).rejects.toThrow(TypeError);
    await expect(other).rejects.toThrow("'x' is an input of another plan");
    expect([...(await plan.read('y'))]).toEqual([6]);
  });

  test('stored bytes as an output', async () => {
    const bytes = device.bytes(new Uint8Array(4), [4]);
    const compiling = device.compile({}, () => ({ outputs: { x: bytes.reshape([2, 2]) } }));
    await expect(compiling).rejects.toThrow(TypeError);
    await expect(compiling).rejects.toThrow('stored bytes [4] can’t be an output');
  });

  test('variables of a shape that their values do not fill leave no memory behind', () => {
    const { bytes } = device.counters;
    expect(() => device.variable([1, 2, 3], [2, 2])).toThrow('variable: 3 numbers do not fill shape [2, 2] of 4');
    expect(device.counters.bytes).toBe(bytes);
  });

  test('axes of a scalar', () => {
    expect(() => concat([zeros(), zeros()])).toThrow('concat: axes [0] do not fit shape []: a scalar has no axes');
    expect(() => zeros().sum(0)).toThrow('sum: axes [0] do not fit shape []: a scalar has no axes');
  });

  test('checking the gradients of no inputs', async () => {
    await expect(checkGradients(() => zeros(), [])).rejects.toThrow('checkGradients: needs at least one input');
  });

  test('item of a tensor with several elements', async () => {
    await expect(zeros(2, 3).item()).rejects.toThrow('[2, 3]');
  });

  test('an output that the plan does not have, a missing input', async () => {
    const plan = await device.compile({ rate: 'f32' }, ({ rate }) => ({ outputs: { loss: rate.mul(2) } }));
    await expect(plan.read('accuracy')).rejects.toThrow(/'accuracy'.*loss/);
    await expect(plan.read('loss')).rejects.toThrow("the plan has not run, so 'loss' has no elements");
    expect(() => plan.run({} as { rate: number })).toThrow("no value was given for the input 'rate'");
    const text = { rate: '1' } as unknown as { rate: number };
    expect(() => plan.run(text)).toThrow("run: the text '1' was given, not a number, for the input 'rate'");
    await expect(plan.read('loss')).rejects.toThrow('has not run');
  });

  test('a tensor beyond what the adapter binds at once', async () => {
    const { bytes } = device.counters;
    const tooLarge = [1024, Math.floor(device.bindingLimit / 2048)];
    // A transposed tensor is read in one piece.
    const reading = zeros(1).broadcastTo(tooLarge).exp().transpose().exp().data();
    await expect(reading).rejects.toThrow(DeviceError);
    await expect(reading).rejects.toThrow(`${4096 * tooLarge[1]!}`);
    expect(device.counters.bytes).toBeLessThanOrEqual(bytes + 256); // the 0 that was to be broadcast
  });

  test('a tensor beyond what the adapter holds in one buffer', async () => {
    const { bytes } = device.counters;
    const limit = device.limits.maxBufferSize;
    const tooLarge = [1024, Math.floor(limit / 4096) + 1];
    expect(() => zeros(...tooLarge)).toThrow(DeviceError);
    expect(() => zeros(...tooLarge)).toThrow(`${limit}`);
    const reading = zeros(1).broadcastTo(tooLarge).data();
    await expect(reading).rejects.toThrow(`${4096 * tooLarge[1]!}`);
    expect(device.counters.bytes).toBeLessThanOrEqual(bytes + 256); // the 1 that was to be broadcast
  });

  test('values that are not numbers', () => {
    for (const values of [
      ['7', 'x'],
      [1, undefined],
      [1, [2]],
    ] as unknown as number[][]) {
      expect(() => device.variable([1, 2]).write(values)).toThrow(TypeError);
      expect(() => device.variable([1, 2]).write(values)).toThrow(/^write: .* is no number/);
    }
    const strings = '0.5,1.5'.split(',') as unknown as number[];
    expect(() => device.tensor(strings)).toThrow(TypeError);
    expect(() => device.tensor(strings)).toThrow("'0.5' is no number");
    expect(() => device.variable([[1, 2], strings])).toThrow(TypeError);
    expect(() => device.tensor([1, undefined] as number[])).toThrow('undefined is no number');
    expect(() => device.tensor([[1], 2])).toThrow(ShapeError);
  });

  test('a destroyed plan', async () => {
    const plan = await device.compile({}, () => ({ outputs: { y: device.tensor([1]).add(1) } }));
    const { bytes } = device.counters;
    plan.destroy();
    const freed = bytes - device.counters.bytes;
    expect(freed).toBeGreaterThanOrEqual(plan.memory.allocated);
    plan.destroy();
    expect(bytes - device.counters.bytes).toBe(freed);
    expect(() => plan.run({})).toThrow('the plan is destroyed');
    await expect(plan.read('y')).rejects.toThrow('the plan is destroyed');
  });

  test('tensors of two devices', async () => {
    const { adapter, info } = await requestAdapter();
    const other = await Device.create(adapter, info.kind);
    const sum = other.tensor([1, 2]).add(device.tensor([3, 4]));
    await expect(sum.data()).rejects.toThrow(/a tensor in memory \[2\], which add reads, is of another device/);
    expect([...(await other.tensor([1, 2]).add(1).data())]).toEqual([2, 3]);
    const away = device.tensor([3, 4]).mul(2);
    await expect(other.tensor([1, 2]).add(away).data()).rejects.toThrow(/a tensor in memory \[2\], which mul reads/);
    await expect(other.compile({}, () => ({ outputs: { away: device.tensor([1]) } }))).rejects.toThrow(
      /a tensor in memory \[1\] is of another device/,
    );
    other.destroy();
  });

  test('everything on a destroyed device', async () => {
    const { adapter, info } = await requestAdapter();
    const gone = await Device.create(adapter, info.kind);
    const w = gone.variable([1, 2]);
    const bytes = gone.bytes(new Uint8Array(4), [4]);
    const trace = () => ({ outputs: { y: w.add(1) }, updates: [w.assign(w.mul(2))] });
    const plan = await gone.compile({}, trace);
    plan.run({});
    const waiting = [w.exp().data(), w.data(), plan.read('y'), gone.compile({}, () => ({ outputs: { y: w.sin() } }))];
    gone.destroy();
    const text = 'The device is destroyed; open another.';
    for (const result of await Promise.allSettled(waiting))
      expect(result).toEqual({ status: 'rejected', reason: new DeviceError(text) });
    for (let i = 0; i < 2; i++) {
      for (const call of [
        () => plan.run({}),
        () => w.write([3, 4]),
        () => gone.tensor([1]),
        () => gone.zeros([1]),
        () => gone.refill(bytes, new Uint8Array(4)),
      ]) {
        expect(call).toThrow(new DeviceError(text));
      }
      for (const wait of [
        () => w.data(),
        () => w.add(1).data(),
        () => plan.read('y'),
        () => profile(plan, {}),
        () => gone.compile({}, trace),
        () => gone.compile({ rate: 'f32' }, trace),
        () => gone.evaluate([w.add(2)]),
        () => gone.finished(),
        () => gone.room(),
      ]) {
        await expect(wait()).rejects.toThrow(new DeviceError(text));
      }
    }
    plan.destroy();
  });

  test('a device destroyed while others wait for it', async () => {
    const { adapter, info } = await requestAdapter();
    const gone = await Device.create(adapter, info.kind);
    const w = gone.variable(new Float32Array(1 << 16));
    const plan = await gone.compile({}, () => ({ updates: [w.assign(w.add(1).sigmoid())] }));
    const looping = (async () => {
      for (;;) {
        plan.run({});
        await gone.room();
      }
    })();
    const finished = gone.finished().then(() => gone.finished());
    setTimeout(() => gone.destroy(), 20);
    await expect(looping).rejects.toThrow('The device is destroyed');
    await finished.catch((error: unknown) => expect(error).toBeInstanceOf(DeviceError));
  });

  test('a kernel that the adapter refuses fails each time, and nothing else does', async () => {
    const { adapter, info } = await requestAdapter();
    const wide = { kernel: 'direct', lanes: 1_000_000, pixels: 1, columns: 2, workgroups: 0 } as const;
    const narrow = await Device.create(adapter, info.kind, {
      tiles: { direct: { image: wide, weightGradient: wide } },
    });
    const x = narrow.tensor([[1, 2]]);
    for (let i = 0; i < 2; i++) {
      const { message } = await x
        .matmul(narrow.tensor([[3], [4]]).add(i))
        .data()
        .then(
          () => expect.unreachable(),
          (error: DeviceError) => error,
        );
      expect(message).toMatch(/^This adapter refuses the kernel of .*, .*\[1, 1, 1, 2\] to .*\)\.$/);
      expect(message).not.toMatch(/fn |\n/);
      expect([...(await x.add(1).data())]).toEqual([2, 3]);
      await narrow.finished();
    }
    narrow.destroy();
  });

  test('a tensor without memory fails, and nothing else does', async () => {
    const { adapter, info } = await requestAdapter();
    const full = await Device.create(adapter, info.kind);
    const size = 2 ** 23;
    const restore = withoutMemoryFor(full.gpu, size * 4);
    const values = new Float32Array(size);
    const tensors = [
      full.zeros([size]),
      full.tensor(values),
      full.variable(values),
      full.bytes(new Uint8Array(4 * size), [size, 4]),
    ];
    restore();
    const [zeros_, tensor, variable, bytes] = tensors as [Tensor, Tensor, Variable, Tensor];
    for (let i = 0; i < 2; i++) {
      for (const use of [
        () => zeros_.data(),
        () => zeros_.add(1).data(),
        () => tensor.sum().data(),
        () => variable.view(64, [2]).data(),
        () => gatherRows(bytes, full.integers([1])).data(),
      ]) {
        await expect(use()).rejects.toThrow(/^The GPU has no memory left \(.+\)\./);
        expect([...(await full.tensor([1, 2]).add(1).data())]).toEqual([2, 3]);
      }
      variable.write(values);
      full.refill(bytes, new Uint8Array(4 * size));
      await full.finished();
    }
    expect(await full.zeros([size]).add(1).slice([7], [8]).item()).toBe(1);
    full.destroy();
  });

  test('more workgroups than an adapter runs', () => {
    const dispatch: Dispatch = {
      name: 'sum',
      shapes: [[2], [3, 4]],
      multiplyAdds: 0,
      source: '',
      bindings: [],
      workgroups: [1, 65_536, 1],
    };
    expect(() => checkFits(device, [{ ...dispatch, workgroups: [65_535, 1, 1] }])).not.toThrow();
    expect(() => checkFits(device, [dispatch])).toThrow(/sum of \[2\] to \[3, 4\] would take 65536 workgroups/);
  });

  test('the device computes as before', async () => {
    expect(await device.tensor([1, 2]).sum().item()).toBe(3);
  });
});

test('everything that waits for a lost device rejects, and the message says why', async () => {
  const { adapter, info } = await requestAdapter();
  const lost = await Device.create(adapter, info.kind);
  const w = lost.variable(new Float32Array(1 << 16));
  const plan = await lost.compile({}, () => ({ updates: [w.assign(w.add(1).sigmoid())] }));
  const looping = (async () => {
    for (;;) {
      plan.run({});
      await lost.room();
    }
  })();
  const reading = w.add(1).data();
  setTimeout(() => lost.gpu.destroy(), 20);
  await expect(looping).rejects.toThrow(DeviceLostError);
  await reading.catch((error: unknown) => expect(error).toBeInstanceOf(DeviceLostError));
  await expect(w.data()).rejects.toThrow(/The GPU device was lost \(.+\)\.$/);
  await expect(w.exp().data()).rejects.toThrow(DeviceLostError);
  await expect(lost.finished()).rejects.toThrow(DeviceLostError);
});
