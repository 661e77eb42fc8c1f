import {
  batchNorm,
  concat,
  type Device,
  gatherRows,
  grad,
  type Shape,
  Tensor,
  where,
} from '../packages/tensor/src/index.ts';

/** An array of a case file: float32 or u32 in base64. */
export interface Stored {
  readonly shape: Shape;
  readonly data: string;
  readonly dtype?: 'u32';
}

/** An element may be off by at most `absolute` + `relative` · |expected|. */
export interface Expected extends Stored {
  readonly absolute: number;
  readonly relative?: number;
}

type Operand = number | { readonly number: number };

interface Options {
  readonly slope: number;
  readonly axes: readonly number[];
  readonly axis: number;
  readonly keepDims: boolean;
  readonly shape: Shape;
  readonly order: readonly number[];
  readonly begin: readonly number[];
  readonly end: readonly number[];
  readonly stride: number | readonly [number, number];
  readonly padding: 'same' | 'valid';
  readonly outputSize: readonly [number, number];
  readonly epsilon: number;
}

/** A graph, its inputs, and its results in another library; see graph.py. */
export interface Case {
  readonly name: string;
  readonly inputs: readonly Stored[];
  readonly nodes: readonly (readonly [operation: string, operands: readonly Operand[], options: Options])[];
  readonly outputs: readonly number[];
  /** Factors of the outputs in the sum whose gradients are taken; if missing, no gradients are taken. */
  readonly seeds?: readonly Stored[];
  /** The outputs, then the gradient by each float32 input. */
  readonly expected: readonly Expected[];
}

/** The engine's operations, by the names of its methods and functions. */
const OPERATIONS: Readonly<Record<string, (operands: readonly Tensor[], options: Options) => Tensor>> = {
  leakyRelu: ([x], { slope }) => x!.leakyRelu(slope),
  sum: ([x], { axes, ...options }) => x!.sum(axes, options),
  mean: ([x], { axes, ...options }) => x!.mean(axes, options),
  max: ([x], { axes, ...options }) => x!.max(axes, options),
  min: ([x], { axes, ...options }) => x!.min(axes, options),
  argMax: ([x], { axis }) => x!.argMax(axis),
  argMin: ([x], { axis }) => x!.argMin(axis),
  conv2d: ([x, w], options) => x!.conv2d(w!, options),
  conv2dTranspose: ([x, w], options) => x!.conv2dTranspose(w!, options),
  batchNorm: ([x, gamma, beta], { epsilon }) => batchNorm(x!, gamma!, beta!, epsilon).output,
  reshape: ([x], { shape }) => x!.reshape(shape),
  transpose: ([x], { order }) => x!.transpose(order),
  slice: ([x], { begin, end }) => x!.slice(begin, end),
  broadcastTo: ([x], { shape }) => x!.broadcastTo(shape),
  concat: (parts, { axis }) => concat(parts, axis),
  gatherRows: ([rows, indices]) => gatherRows(rows!, indices!),
  where: ([condition, a, b]) => where(condition!, a!, b!),
};

/** All other operations are methods of tensors that take only operands. */
function apply(name: string, operands: readonly Tensor[], options: Options): Tensor {
  const known = OPERATIONS[name];
  if (known !== undefined) return known(operands, options);
  const method: unknown = Tensor.prototype[name as keyof Tensor];
  if (typeof method !== 'function') throw new Error(`No operation is called ${name}.`);
  return method.apply(operands[0], operands.slice(1));
}

const bytesOf = ({ data }: Stored): ArrayBuffer => Uint8Array.from(Buffer.from(data, 'base64')).buffer;

export const numbersOf = (stored: Stored): Float32Array | Uint32Array =>
  stored.dtype === 'u32' ? new Uint32Array(bytesOf(stored)) : new Float32Array(bytesOf(stored));

/** `whole` computes everything in one plan, `apart` each operation in a separate plan. */
export type Way = 'whole' | 'apart';

/** Computes a case on a device. Describes the first array that is not as expected; undefined if all are. */
export async function problemOf(device: Device, given: Case, way: Way = 'whole'): Promise<string | undefined> {
  const tensors = given.inputs.map((stored) => {
    const numbers = numbersOf(stored);
    return numbers instanceof Uint32Array ? device.integers(numbers) : device.tensor(numbers, stored.shape);
  });
  const leaves = tensors.filter(({ dtype }) => dtype === 'f32');
  const computed: Tensor[] = [];
  for (const [name, operands, options] of given.nodes) {
    // Any operand except the first may be a number.
    const values = operands.map((operand) => (typeof operand === 'number' ? tensors[operand] : operand.number));
    const tensor = apply(name, values as Tensor[], options);
    tensors.push(tensor);
    computed.push(tensor);
  }
  const found = given.outputs.map((number) => tensors[number]!);
  if (given.seeds !== undefined) {
    const terms = found.map((output, i) => {
      const { shape } = given.seeds![i]!;
      return output.mul(device.tensor(numbersOf(given.seeds![i]!) as Float32Array, shape)).sum();
    });
    const loss = terms.reduce((sum, term) => sum.add(term));
    const gradients = grad(loss, leaves);
    // A tensor that is read loses its graph, so tensors are read after the gradients are taken.
    if (way === 'apart') for (const tensor of [...computed, ...gradients]) await device.evaluate([tensor]);
    found.push(...gradients);
  }
  if (way === 'whole') await device.evaluate(found);
  for (const [i, expected] of given.expected.entries()) {
    const tensor = found[i]!;
    const what = i < given.outputs.length ? `output ${i}` : `gradient ${i - given.outputs.length}`;
    if (tensor.shape.join() !== expected.shape.join())
      return `${what} has shape [${tensor.shape}], not [${expected.shape}]`;
    const data = await tensor.data();
    const problem = differenceFrom(tensor.dtype === 'u32' ? new Uint32Array(data.buffer) : data, expected);
    if (problem !== undefined) return `${what}: ${problem}`;
  }
  return undefined;
}

export function differenceFrom(actual: Float32Array | Uint32Array, expected: Expected): string | undefined {
  const { absolute, relative = 0 } = expected;
  const numbers = numbersOf(expected);
  for (const [i, value] of numbers.entries()) {
    const near = Math.abs(actual[i]! - value) <= absolute + relative * Math.abs(value);
    if (!near && !Object.is(actual[i], value)) return `element ${i} is ${actual[i]}, not ${value} ± ${absolute}`;
  }
  return undefined;
}
