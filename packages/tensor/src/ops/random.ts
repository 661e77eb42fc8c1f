import randomKernel from '@hourglass/shaders/random.ts';
import shuffleKernel from '@hourglass/shaders/shuffle.ts';
import { located } from '../caller.ts';
import type { Device } from '../device.ts';
import { feistelHalfBits, feistelRounds } from '../philox.ts';
import { checkIntegers, checkShape, formatShape, type Shape, sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

/** The key of random numbers on the GPU. A u32 scalar tensor may change from run to run; a number is fixed. */
export interface TensorRandomKey {
  readonly seed: number | Tensor;
  /** The purpose of the numbers; different streams are independent. Default 0. */
  readonly stream?: number | undefined;
  /** The step at which they are drawn; default 0. */
  readonly step?: number | Tensor | undefined;
}

/**
 * Uniform numbers in [0, 1), by Philox4x32-10: the same key gives the same numbers on every adapter.
 * @throws RangeError if a number of the key does not fit in u32, TypeError if a tensor of the key is not a u32 scalar,
 *   ShapeError if the shape is not valid.
 */
export function randomUniform(device: Device, shape: Shape, key: TensorRandomKey): Tensor {
  return random(device, shape, key, false);
}

/**
 * Standard normal numbers, by Philox4x32-10 and Box-Muller.
 * @throws as {@link randomUniform}.
 */
export function randomNormal(device: Device, shape: Shape, key: TensorRandomKey): Tensor {
  return random(device, shape, key, true);
}

function random(device: Device, shape: Shape, key: TensorRandomKey, normal: boolean): Tensor {
  const name = normal ? 'randomNormal' : 'randomUniform';
  checkShape(shape, name);
  const { stream = 0 } = key;
  checkIntegers([stream], `${name}: the stream`);
  const seed = scalar(device, key.seed, `${name}: the seed`);
  const step = scalar(device, key.step ?? 0, `${name}: the step`);
  return seed.derive(shape, {
    kind: 'kernel',
    name,
    inputs: [seed, step],
    epilogue: true,
    prologue: false,
    batch: shape[0] ?? 1,
    gradient: () => [],
    lower: (lowering) => {
      const size = lowering.piece.share(sizeOf(shape));
      const width = lowering.vectorWidth([size]);
      return [
        lowering.dispatch(randomKernel, {
          width,
          constants: { SIZE: size, NORMAL: normal, STREAM: `${stream}u`, OUT_CHANNELS: size },
          buffers: {
            seed: lowering.input(seed),
            at_step: lowering.input(step),
            output: lowering.share(lowering.output()),
            // Pieces begin at multiples of 64 elements, so each begins with a new lane.
            first_lane: lowering.number(Math.floor(lowering.piece.before(sizeOf(shape)) / 4)),
          },
          lanes: Math.ceil(size / 4),
        }),
      ];
    },
  });
}

/** The position of a batch in the order of an epoch: numbers, or u32 scalars that may change from run to run. */
export interface ShuffleKey {
  readonly seed: number | Tensor;
  /** Every epoch has its own order. */
  readonly epoch: number | Tensor;
  /** The position of the first index in the epoch. */
  readonly start: number | Tensor;
}

/**
 * `count` integers below `total` in a random order, from position `start`: u32 [count]. The order is a keyed bijection,
 * computed for each position independently, so nothing is stored, sorted or uploaded. Positions of `total` and above
 * repeat the same order.
 * @throws ShapeError unless `count` and `total` are positive whole numbers, RangeError if a number of the key does not
 *   fit in u32, TypeError if a tensor of the key is not a u32 scalar.
 */
export function shuffledIndices(device: Device, count: number, total: number, key: ShuffleKey): Tensor {
  checkShape([count], 'shuffledIndices');
  checkShape([total], 'shuffledIndices');
  const [seed, epoch, start] = (['seed', 'epoch', 'start'] as const).map((name) =>
    scalar(device, key[name], `shuffledIndices: the ${name}`),
  ) as [Tensor, Tensor, Tensor];
  // A Feistel network permutes the numbers of an even number of bits; results outside the range are sent through again.
  const halfBits = feistelHalfBits(total);
  const indices = seed.derive(
    [count],
    {
      kind: 'kernel',
      name: 'shuffledIndices',
      inputs: [seed, epoch, start],
      epilogue: false,
      prologue: false,
      lower: (lowering) => [
        lowering.dispatch(shuffleKernel, {
          constants: {
            COUNT: count,
            TOTAL: `${total}u`,
            HALF_BITS: `${halfBits}u`,
            ROUNDS: `${feistelRounds(halfBits)}u`,
          },
          buffers: {
            seed: lowering.input(seed),
            epoch: lowering.input(epoch),
            start: lowering.input(start),
            indices: lowering.output(),
          },
          lanes: count,
        }),
      ],
    },
    'u32',
  );
  indices.largest = total - 1;
  return indices;
}

/** A number of a key, which errors call `what`, on the GPU. @throws TypeError unless a tensor is a u32 scalar */
function scalar(device: Device, value: number | Tensor, what: string): Tensor {
  if (typeof value === 'number') return device.integers(value);
  if (value.dtype !== 'u32' || value.size !== 1) {
    throw new TypeError(
      located(`${what} is ${value.dtype} ${formatShape(value.shape)}, not one u32 number; device.integers makes one.`),
    );
  }
  return value;
}
