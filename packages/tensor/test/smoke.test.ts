import { expect, test } from 'vitest';
import { Device, grad } from '../src/index.ts';
import { requestAdapter } from '../src/node/index.ts';

test('smoke', async () => {
  const { adapter, info } = await requestAdapter();
  const device = await Device.create(adapter, info.kind);
  const x = device.tensor([[0], [1], [2], [3]]);
  const y = device.tensor([[1], [3], [5], [7]]);
  const w = device.variable([[0]]);
  const b = device.variable([0]);
  const step = await device.compile({}, () => {
    const loss = x.matmul(w).add(b).sub(y).square().mean();
    const [dw, db] = grad(loss, [w, b]) as [typeof w, typeof b];
    return { outputs: { loss }, updates: [w.assign(w.sub(dw.mul(0.1))), b.assign(b.sub(db.mul(0.1)))] };
  });
  console.log(step.kernels.join(' '), step.memory);
  for (let i = 0; i < 200; i++) step.run({});
  console.log(await w.data(), await b.data(), await step.read('loss'));
  const t = device.tensor(
    Array.from({ length: 2 * 3 * 4 }, (_, i) => i),
    [2, 3, 4],
  );
  console.log(await t.transpose([2, 0, 1]).add(1).data());
  console.log(await t.slice([0, 1, 1], [2, 3, 3]).sum(1).data());
  console.log(await t.sum().data(), await t.mean([0, 2]).data());
});
