import assignKernel from '@hourglass/shaders/assign.ts';
import elementwiseKernel from '@hourglass/shaders/elementwise.ts';
import type { Device } from './device.ts';
import { ShapeError } from './errors.ts';
import { unshaped } from './graph.ts';
import { checkNumbers } from './nested.ts';
import { checkFloat } from './ops/dtype.ts';
import { formula } from './ops/elementwise.ts';
import { checkShape, formatShape, type Shape, sameShape, sizeOf } from './shape.ts';
import { ALIGNMENT, type Storage } from './storage.ts';
import { Tensor } from './tensor.ts';

/**
 * A tensor whose elements can change: by {@link Variable.write} from the host, or by an update in a compiled step. An
 * operation uses the elements that the variable has when the operation is computed: see docs/variables.md.
 */
export class Variable extends Tensor {
  /** The variable that this is a view of, held because garbage-collecting it frees its memory. */
  readonly base: Variable | undefined;

  /** @internal Use {@link Device.variable}. */
  constructor(device: Device, shape: Shape, storage: Storage, base?: Variable) {
    super(device, shape, 'f32', { storage });
    this.base = base;
  }

  /**
   * Replaces all elements. A tensor that is not computed yet, even if its `data()` has been called, may use the new
   * ones: await its data before writing.
   * @throws ShapeError if the number of values differs, TypeError if a value is not a number.
   */
  write(values: ArrayLike<number>): void {
    if (values.length !== this.size) {
      throw new ShapeError(
        `write: ${values.length} values do not fill a variable of shape ${formatShape(this.shape)}.`,
      );
    }
    if (!ArrayBuffer.isView(values)) checkNumbers(values, 'write');
    this.device.memory.write(this.storage!, values instanceof Float32Array ? values : Float32Array.from(values));
  }

  /**
   * A view of shape `shape` that begins at element `start` of this variable and shares its memory. `start` must be a
   * multiple of 64, the alignment of bindings.
   * @throws ShapeError if the shape is not valid, or the view is not aligned or not inside this variable.
   */
  view(start: number, shape: Shape): Variable {
    checkShape(shape, 'view');
    const { buffer, offset } = this.storage!;
    if (!(start >= 0) || (start * 4) % ALIGNMENT !== 0 || start + sizeOf(shape) > this.size) {
      throw new ShapeError(
        `view: ${formatShape(shape)} at element ${start} does not fit into ${formatShape(this.shape)}; it must lie ` +
          'inside, and begin at a multiple of 64.',
      );
    }
    return new Variable(this.device, shape, { buffer, offset: offset + start * 4, bytes: sizeOf(shape) * 4 }, this);
  }

  /**
   * The update that sets this variable to `value`, of the same shape, for the `updates` of a compiled step. An update
   * is not a value. All values and gates are computed from the variables as they were before the step. If the scalar
   * `unless` is not 0, the update changes nothing.
   * @throws ShapeError if the shapes differ, or `unless` is not a scalar. TypeError if either is not float32.
   */
  assign(value: Tensor, unless?: Tensor): Tensor {
    if (!sameShape(value.shape, this.shape)) {
      throw new ShapeError(
        `assign: a value of shape ${formatShape(value.shape)} does not fit ${formatShape(this.shape)}.`,
      );
    }
    if (unless !== undefined && unless.size !== 1)
      throw new ShapeError(`assign: the gate ${formatShape(unless.shape)} must be a scalar.`);
    checkFloat('assign', value, ...(unless === undefined ? [] : [unless]));
    const operand = asBefore(value);
    const gates = unless === undefined ? [] : [asBefore(unless)];
    return this.derive(this.shape, {
      kind: 'kernel',
      name: 'assign',
      inputs: [operand, ...gates],
      epilogue: false,
      prologue: true,
      writes: [this],
      batch: this.size,
      lower: (lowering) => {
        const size = lowering.piece.share(this.size);
        const width = lowering.vectorWidth([size]);
        const buffers = { output: lowering.share(lowering.input(this)), size: lowering.number(size) };
        const call = { width, constants: {}, lanes: size / width };
        const [gate] = gates;
        return [
          gate === undefined
            ? lowering.dispatch(elementwiseKernel, { ...call, buffers })
            : lowering.dispatch(assignKernel, { ...call, buffers: { ...buffers, stopped: lowering.input(gate) } }),
        ];
      },
    });
  }
}

/** Reads a variable through a copy operation, before an update changes it. Returns other tensors as they are. */
export const asBefore = (x: Tensor): Tensor => (unshaped(x) instanceof Variable ? formula('copy', 'x', { x }) : x);
