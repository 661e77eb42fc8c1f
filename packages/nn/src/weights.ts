import {
  type Device,
  grad,
  located,
  pack,
  type Shape,
  sizeOf,
  type Tensor,
  uniformOnHost,
  type Variable,
} from '@hourglass/tensor';
import { WeightsError } from './errors.ts';
import type { WeightSpec } from './layer.ts';
import { partsOf } from './model.ts';
import { STREAMS } from './random.ts';
import type { StoredTensor } from './safetensors.ts';
import type { Network } from './sequential.ts';

/** Every weight starts at a multiple of this many elements in its flat vector: the alignment of GPU bindings. */
const ALIGNED_ELEMENTS = 64;

/** Weights of one kind, consecutive in one vector, so that the optimiser and a checkpoint touch one buffer. */
class FlatWeights {
  readonly specs: readonly WeightSpec[];
  readonly starts: readonly number[];
  readonly flat: Variable;
  readonly views: ReadonlyMap<string, Variable>;

  constructor(device: Device, specs: readonly WeightSpec[]) {
    let size = 0;
    this.specs = specs;
    this.starts = specs.map(({ shape }) => {
      const start = size;
      size += Math.ceil(sizeOf(shape) / ALIGNED_ELEMENTS) * ALIGNED_ELEMENTS;
      return start;
    });
    this.flat = device.variable(new Float32Array(Math.max(size, ALIGNED_ELEMENTS)));
    this.views = new Map(specs.map(({ name, shape }, i) => [name, this.flat.view(this.starts[i]!, shape)]));
  }
}

/** The weights of one or more models on a device, by full name (`encoder.conv2d.kernel`). */
export class Weights {
  /** The device that stores them. */
  readonly device: Device;
  private readonly trained: FlatWeights;
  private readonly moved: FlatWeights;

  /**
   * Weights as Keras initialises them: Glorot uniform kernels, biases 0, gamma 1, moving variance 1.
   * A part shared by several models is stored once.
   * @throws RangeError if two parts have the same weight name: they would share the weight.
   */
  constructor(device: Device, models: readonly Network[], seed: number) {
    const specs = partsOf(models).flatMap(({ weights }) => weights);
    this.device = device;
    this.trained = new FlatWeights(
      device,
      specs.filter(({ trainable }) => trainable),
    );
    this.moved = new FlatWeights(
      device,
      specs.filter(({ trainable }) => !trainable),
    );
    for (const [i, spec] of specs.entries()) this.get(spec.name).write(initialValues(spec, seed, i));
  }

  /** All trainable weights as one vector, for the optimiser. */
  get trainable(): Variable {
    return this.trained.flat;
  }

  /** The full names of all weights, the trainable ones first. */
  get names(): string[] {
    return [...this.trained.views.keys(), ...this.moved.views.keys()];
  }

  /** The full names of the trainable weights, in the order of {@link Weights.trainable}. */
  get trainableNames(): string[] {
    return [...this.trained.views.keys()];
  }

  /** Whether there is a weight of this name. */
  has(name: string): boolean {
    return this.trained.views.has(name) || this.moved.views.has(name);
  }

  /** @throws RangeError if there is no weight of this name. */
  get(name: string): Variable {
    const variable = this.trained.views.get(name) ?? this.moved.views.get(name);
    if (variable === undefined) throw new RangeError(located(`There is no weight '${name}'.`));
    return variable;
  }

  /** The part of a vector laid out like {@link trainable} that belongs to the weight `name`. */
  viewLike(flat: Variable, name: string): Variable {
    const i = this.trained.specs.findIndex((spec) => spec.name === name);
    return flat.view(this.trained.starts[i]!, this.trained.specs[i]!.shape);
  }

  /**
   * The gradient of `loss` with respect to all trainable weights, laid out like {@link trainable}.
   * @throws RangeError if there are none
   */
  gradient(loss: Tensor): Tensor {
    const { specs, starts, flat, views } = this.trained;
    if (specs.length === 0) throw new RangeError(located('gradient: no weight of these models is trainable.'));
    return pack(
      grad(
        loss,
        specs.map(({ name }) => views.get(name)!),
      ),
      starts,
      flat.size,
    );
  }

  /**
   * The update that moves the non-trainable weights towards `targets` (by full name), each with the momentum of its
   * {@link WeightSpec}: w = momentum · w + (1 - momentum) · target. A weight without a target stays. Empty if none has
   * one. Nothing moves if the scalar `unless` is not 0.
   */
  move(targets: ReadonlyMap<string, Tensor>, unless?: Tensor): Tensor[] {
    const { specs, starts, flat, views } = this.moved;
    if (!specs.some(({ name }) => targets.has(name))) return [];
    const target = pack(
      specs.map(({ name }) => targets.get(name) ?? views.get(name)!),
      starts,
      flat.size,
    );
    // One kernel moves all of them, even with different momenta. Weights without a target move nowhere: 1 · w + 0 · w.
    const [kept, taken] = [new Float32Array(flat.size), new Float32Array(flat.size)];
    specs.forEach(({ name, shape, momentum = 0 }, i) => {
      const [start, end] = [starts[i]!, starts[i]! + sizeOf(shape)];
      const share = targets.has(name) ? momentum : 1;
      kept.fill(share, start, end);
      taken.fill(1 - share, start, end);
    });
    const scaled = (x: Tensor, by: Float32Array): Tensor => x.mul(this.device.tensor(by, [flat.size]));
    return [flat.assign(scaled(flat, kept).add(scaled(target, taken)), unless)];
  }

  /** Copies all weights to the host. */
  async read(): Promise<Map<string, StoredTensor>> {
    const [trained, moved] = await Promise.all([this.trained.flat.data(), this.moved.flat.data()]);
    const stored = new Map<string, StoredTensor>();
    for (const [group, data] of [
      [this.trained, trained],
      [this.moved, moved],
    ] as const) {
      group.specs.forEach(({ name, shape }, i) => {
        stored.set(name, { shape, data: data.slice(group.starts[i]!, group.starts[i]! + sizeOf(shape)) });
      });
    }
    return stored;
  }

  /**
   * Replaces all weights and ignores other tensors in `stored`. Error messages call their origin `source`.
   * @throws WeightsError if a weight is missing or has another shape; nothing is changed then.
   */
  write(stored: ReadonlyMap<string, StoredTensor>, source: string): void {
    this.check(stored, source);
    for (const name of this.names) this.get(name).write(stored.get(name)!.data);
  }

  /** @throws WeightsError if {@link write} would throw one. */
  check(stored: ReadonlyMap<string, StoredTensor>, source: string): void {
    checkStored(stored, [...this.trained.specs, ...this.moved.specs], source, 'from another model');
  }
}

/** @throws WeightsError if a needed tensor is missing or has another shape; `saved` is how that can happen */
export function checkStored(
  stored: ReadonlyMap<string, StoredTensor>,
  needed: readonly Pick<WeightSpec, 'name' | 'shape'>[],
  source: string,
  saved: string,
): void {
  for (const { name, shape } of needed) {
    const found = stored.get(name);
    if (found === undefined) throw new WeightsError(`${source} has no '${name}'; it was saved ${saved}.`);
    if (found.shape.join() === shape.join() && found.data.length === sizeOf(shape)) continue;
    throw new WeightsError(
      `${source}: '${name}' has shape [${found.shape.join(', ')}] and ${found.data.length} elements, but this model needs [${shape.join(', ')}].`,
    );
  }
}

/** Keras's limit for embeddings. */
const UNIFORM_LIMIT = 0.05;

/** `index` makes the random numbers of different weights independent. */
function initialValues({ shape, initial }: WeightSpec, seed: number, index: number): Float32Array {
  const size = sizeOf(shape);
  if (initial === 'zeros' || initial === 'ones') return new Float32Array(size).fill(initial === 'ones' ? 1 : 0);
  const limit = initial === 'uniform' ? UNIFORM_LIMIT : glorotLimit(shape);
  const uniform = uniformOnHost(size, { seed, stream: STREAMS.initialization, step: index });
  return uniform.map((value) => (2 * value - 1) * limit);
}

/** Glorot and Bengio 2010: √(6 / (fan in + fan out)). The window size multiplies both. A vector's length is both. */
function glorotLimit(shape: Shape): number {
  const window = sizeOf(shape.slice(0, -2));
  const [fanOut = 1, fanIn = fanOut] = shape.toReversed();
  return Math.sqrt(6 / (window * (fanIn + fanOut)));
}
