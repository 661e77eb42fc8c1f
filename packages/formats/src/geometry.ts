import type { StoredTensor } from '@hourglass/nn';
import { inputShape, type Step } from './graph.ts';

/** How the windows of a convolution are placed, with one entry per dimension of an image or signal. */
export interface Windows {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  /** Zeros around the larger of input and output; for a transposed convolution, the border cut off its output. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** For a transposed convolution: the extent of its output beyond the last window. */
  readonly beyond: readonly number[];
}

/** A setting that is one number for all dimensions, or a list with one per dimension. */
export const each = (setting: number | string | undefined, count: number): number[] => {
  const value: unknown = typeof setting === 'string' ? JSON.parse(setting) : setting;
  return Array.isArray(value) ? value.map(Number) : Array.from({ length: count }, () => Number(value));
};

/**
 * Keras's padding `same`, which is TensorFlow's: a convolution maps n to ⌈n / stride⌉. If the number of zeros is odd,
 * the extra one comes after. The transposed convolution is its adjoint.
 */
export function windowsOf(step: Step): Windows {
  const transposed = step.type.endsWith('Transpose');
  const dimensions = step.shape.length - 1;
  const [small, large] = transposed ? [inputShape(step), step.shape] : [step.shape, inputShape(step)];
  const size = step.weights.kernel!.shape.slice(0, dimensions);
  const stride = each(step.settings.stride, dimensions);
  const surplus = size.map((extent, d) => (small[d]! - 1) * stride[d]! + extent - large[d]!);
  const before = surplus.map((extent) => Math.max(0, Math.floor(extent / 2)));
  const after = surplus.map((extent, d) => Math.max(0, extent - before[d]!));
  return { size, stride, before, after, beyond: surplus.map((extent) => Math.max(0, -extent)) };
}

/**
 * Keras's kernel [...window, a, b] as [b, a, ...window], which is ONNX's and PyTorch's layout: [filters, channels,
 * ...window] for a convolution, [channels, filters, ...window] for a transposed one.
 */
export function channelsFirst({ shape, data }: StoredTensor): StoredTensor {
  const [a, b] = shape.slice(-2) as [number, number];
  const taps = data.length / (a * b);
  const turned = new Float32Array(data.length);
  for (let tap = 0; tap < taps; tap++)
    for (let i = 0; i < a; i++)
      for (let j = 0; j < b; j++) turned[(j * a + i) * taps + tap] = data[(tap * a + i) * b + j]!;
  return { shape: [b, a, ...shape.slice(0, -2)], data: turned };
}
