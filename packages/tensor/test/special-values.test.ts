import { readFileSync } from 'node:fs';
import { openDevice } from '@hourglass/testing/device';
import { expect, test } from 'vitest';
import { grad, type Tensor } from '../src/index.ts';
import { binary, ELEMENTWISE, type ElementwiseName, leakyRelu, ternary, unary } from '../src/ops/elementwise.ts';

// PyTorch's float32 results at ±0, denormals, the largest numbers, infinities and NaN (oracles/special_values.py).
type Stored = readonly (number | string)[];
interface Results {
  readonly value: Stored;
  readonly gradients: readonly Stored[];
}
interface Table {
  readonly values: Stored;
  readonly pairs: Stored;
  readonly triples: Stored;
  readonly operations: Record<ElementwiseName, Results>;
}
const table = JSON.parse(readFileSync(new URL('oracles/data/special.json', import.meta.url), 'utf8')) as Table;

const device = await openDevice();
const names = Object.keys(ELEMENTWISE) as ElementwiseName[];
const SMALLEST = 2 ** -126;

/** The operands of every element: single values, or all pairs or triples of some. */
function operandsOf(name: ElementwiseName): number[][] {
  const arity = ELEMENTWISE[name].gradient.length;
  const given = [table.values, table.pairs, table.triples][arity - 1]!.map(Number);
  return Array.from({ length: arity - 1 }).reduce<number[][]>(
    (longer) => longer.flatMap((own) => given.map((value) => [...own, value])),
    given.map((value) => [value]),
  );
}

const isDenormal = (value: number): boolean => value !== 0 && Math.abs(value) < SMALLEST;

/** An adapter may flush a denormal to a zero of its sign, both in operands and results. */
const flushed = (value: number): number => (isDenormal(value) ? value * 0 : value);

/** Other tests check the accuracy of ordinary results. The tolerance is wide because 1 - tanh² at 2 loses four bits. */
function agrees(found: number, expected: number): boolean {
  if (Object.is(found, expected) || found === expected) return true;
  return Math.abs(found - expected) <= 4e-6 * Math.abs(expected) + SMALLEST;
}

function expectAll(found: Float32Array, name: ElementwiseName, results: Stored, what: string): void {
  const operands = operandsOf(name);
  const wrong = operands.flatMap((own, i) => {
    const alike = operands.findIndex((other) => other.every((value, k) => Object.is(value, flushed(own[k]!))));
    const allowed = [results[i]!, results[alike]!].map(Number);
    // The result is a factor of the gradient of a power: SwiftShader's 1 / 3.4e38 is 0, and so is 0 ln 3.4e38.
    if (isDenormal(Number(table.operations[name].value[i]))) allowed.push(0);
    const message = `${name}${what} of ${own.join(', ')} is ${found[i]}, not ${allowed[0]}`;
    return allowed.some((value) => agrees(found[i]!, value)) ? [] : [message];
  });
  expect(wrong).toEqual([]);
}

// Four neighbouring elements at once, and one by one: padding makes the size a multiple of four, or not.
test.each(names.flatMap((name) => [true, false].map((vectors) => ({ name, vectors }))))(
  '$name matches PyTorch at special numbers (vectors: $vectors)',
  async ({ name, vectors }) => {
    const operands = operandsOf(name);
    const padding = vectors ? (4 - (operands.length % 4)) % 4 : operands.length % 4 === 0 ? 1 : 0;
    const columns = operands[0]!.map((_, k) => {
      const column = operands.map((own) => own[k]!);
      return device.tensor([...column, ...new Array<number>(padding).fill(1)]);
    });
    const [a, b, c] = columns as [Tensor, Tensor?, Tensor?];
    const one = (): Tensor => (name === 'leakyRelu' ? leakyRelu(a, 0.3) : unary(name, a));
    const y = b === undefined ? one() : c === undefined ? binary(name, a, b) : ternary(name, a, b, c);
    const gradients = grad(y.sum(), columns);
    await device.evaluate([y, ...gradients]);
    const { value, gradients: expected } = table.operations[name];
    expectAll(await y.data(), name, value, '');
    for (const [k, gradient] of gradients.entries()) {
      expectAll(await gradient.data(), name, expected[k]!, `, gradient ${k + 1}`);
    }
  },
);
