import { openDevice } from '@hourglass/testing/device';
import { expect, test } from 'vitest';
import { requestAdapter } from '../../node/src/index.ts';
import type { Dispatch } from '../src/dispatch.ts';
import { checkFits } from '../src/fits.ts';
import { Device, DeviceError, DeviceLostError, gatherRows, profile, type Tensor, type Variable } from '../src/index.ts';

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
