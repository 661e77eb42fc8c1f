import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDevice } from '@hourglass/testing/device';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import {
  adam,
  batchNorm,
  checkGradients,
  concat,
  firstFailure,
  gatherRows,
  grad,
  mse,
  pack,
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

  test('the device computes as before', async () => {
    expect(await device.tensor([1, 2]).sum().item()).toBe(3);
  });
});
