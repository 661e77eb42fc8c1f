import { openDevice } from '@hourglass/node';
import { checkGradients, grad, mse } from '@hourglass/tensor';
import { smoothed, softsign } from './operations.js';

const device = await openDevice();

// Moves every element up and down, and compares the change of the result with the gradient. Throws if they disagree.
const x = device.tensor([
  [0.5, -1, 2, -0.25],
  [1.5, 3, -2, 0.75],
]);
await checkGradients(softsign, [x]);
await checkGradients(smoothed, [x]);
await checkGradients((x) => smoothed(softsign(x)), [x]);
console.log('the gradients of softsign and smoothed agree with finite differences');

// Gradient descent finds the numbers that both operations turn into `wanted`.
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
