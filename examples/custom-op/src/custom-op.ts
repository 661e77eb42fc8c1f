import { openDevice } from '@hourglass/node';
import { checkGradients, grad, mse } from '@hourglass/tensor';
import { smoothed, softsign } from './operations.js';

const device = await openDevice();

// Every element is moved up and down, and what the result changes by compared with what grad says. A wrong gradient throws.
const x = device.tensor([
  [0.5, -1, 2, -0.25],
  [1.5, 3, -2, 0.75],
]);
await checkGradients(softsign, [x]);
await checkGradients(smoothed, [x]);
await checkGradients((x) => smoothed(softsign(x)), [x]);
console.log('the gradients of softsign and smoothed agree with differences');

// Numbers that are `wanted` once they went through both, found by gradient descent.
const wanted = device.tensor([[0.1, 0.2, 0, 0]]);
const found = device.variable([[0, 0, 0, 0]]);
const step = await device.compile({ rate: 'f32' }, ({ rate }) => {
  const [slope] = grad(mse(smoothed(softsign(found)), wanted), [found]);
  return { updates: [found.assign(found.sub(slope.mul(rate)))] };
});
for (let i = 0; i < 2000; i++) {
  step.run({ rate: 4 });
  await device.room();
}
const numbers = [...(await found.data())].map((value) => value.toFixed(3));
console.log(`smoothed(softsign([${numbers.join(', ')}])) is [0.1, 0.2, 0, 0]`); // 3/7, 0, 3/7, -3/7
device.destroy();
