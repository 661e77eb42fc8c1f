import { openDevice } from '@hourglass/testing/device';
import { expect, test } from 'vitest';
import { placeOf } from '../src/caller.ts';
import { located, ShapeError } from '../src/index.ts';

const device = await openDevice();

const thrownBy = (of: () => unknown): Error => {
  try {
    of();
  } catch (error) {
    return error as Error;
  }
  return expect.unreachable();
};

test('an error names the line that called the engine, however deep the throw', () => {
  const [x, kernel] = [device.zeros([1, 5, 5, 3]), device.zeros([3, 3, 4, 8])];
  const [here, error] = [new Error(), thrownBy(() => x.conv2d(kernel))];
  const line = /caller\.test\.ts[^:]*:(\d+)/.exec(here.stack!)![1];
  expect(error).toBeInstanceOf(ShapeError);
  expect(error.message).toMatch(/^conv2d: /);
  expect(error.message.endsWith(` (at caller.test.ts:${line})`), error.message).toBe(true);
});

test('errors of other classes and later failures name the line too', async () => {
  const place = / \(at caller\.test\.ts:\d+\)$/;
  expect(() => device.zeros([2]).leakyRelu(-1)).toThrow(place);
  expect(() => device.integers(1).add(1)).toThrow(place);
  await expect(device.zeros([2]).item()).rejects.toThrow(place);
});

test('the stack trace limit is unchanged afterwards', () => {
  const limit: unknown = Reflect.get(Error, 'stackTraceLimit');
  Reflect.set(Error, 'stackTraceLimit', 7);
  located('');
  expect(Reflect.get(Error, 'stackTraceLimit')).toBe(7);
  Reflect.set(Error, 'stackTraceLimit', limit);
});

const HOST = 'https://example.org';
const ENGINE = `${HOST}/@hourglass/tensor/dist/`;

test.each([
  [
    'V8',
    `Error
    at currentStack (${ENGINE}index.js:1:20)
    at new ShapeError (${ENGINE}chunk-A.js?v=1:9:20)
    at Array.map (<anonymous>)
    at async ${ENGINE}index.js:5:6
    at step (${HOST}/src/train.ts?t=17:12:34)
    at async ${HOST}/src/main.ts:3:1`,
    'train.ts:12',
  ],
  [
    'V8, paths',
    `Error
    at Object.<anonymous> (C:\\app\\node_modules\\tensor\\index.js:1:20)
    at Module._compile (node:internal/modules/cjs/loader:1554:14)
    at C:\\app\\my files\\train.js:12:34`,
    'train.js:12',
  ],
  [
    'Firefox',
    `currentStack@${ENGINE}index.js:1:20
map/<@${ENGINE}chunk-A.js:9:20
step@${HOST}/src/train.ts?t=17:12:34
@${HOST}/src/main.ts:3:1
`,
    'train.ts:12',
  ],
  [
    'Safari',
    `currentStack@${ENGINE}index.js:1:20
${ENGINE}chunk-A.js:9:20
map@[native code]
${HOST}/@me/app/train.js:12:34
module code@${HOST}/src/main.ts:3:1`,
    'train.js:12',
  ],
  ['Safari, a page', `f@${ENGINE}index.js:1:20\nglobal code@${HOST}/lab/index.html:12:34`, 'index.html:12'],
  ['a program in one file with the engine', `Error\n    at step (${ENGINE}index.js:7:1)`, undefined],
  ['a program in no file', 'Error\n    at data:text/javascript,import "./a.js":1:1', undefined],
  ['an address without a file', `f@${HOST}/:12:34`, undefined],
  ['eval', 'Error\n    at eval (eval at step (https://example.org/a.js:1:2), <anonymous>:1:1)', undefined],
  ['no stack', undefined, undefined],
])('the first line outside the engine, in a stack from %s', (_, stack, place) => {
  expect(placeOf(stack, [ENGINE, 'C:\\app\\node_modules\\tensor\\'])).toBe(place);
});
