import type { Device } from './device.ts';
import { DeviceError } from './errors.ts';
import { boundBytes, bytesOf, type Dispatch, Scratch } from './lowering.ts';
import { formatShape } from './shape.ts';
import type { Tensor } from './tensor.ts';

/**
 * @throws DeviceError that names the largest tensor that does not fit, the limit, and the largest batch that does: a buffer
 * can't hold it, or a kernel that can't work piece by piece can't bind it; or one that names a kernel call of too many workgroups
 */
export function checkFits(device: Device, dispatches: readonly Dispatch[]): void {
  const { bindingLimit, limits } = device;
  const misfits = dispatches.flatMap(({ operands }) =>
    operands.flatMap(({ operand }) => {
      if ('words' in operand) return [];
      const bytes = bytesOf(operand.target);
      if (bytes > limits.maxBufferSize) return [{ ...operand, bytes, limit: limits.maxBufferSize, verb: 'holds' }];
      return boundBytes(operand) > bindingLimit ? [{ ...operand, bytes, limit: bindingLimit, verb: 'binds' }] : [];
    }),
  );
  if (misfits.length === 0) {
    checkWorkgroups(limits.maxComputeWorkgroupsPerDimension, dispatches);
    return;
  }
  const { target, bytes, limit, verb } = misfits.reduce((most, other) => (other.bytes > most.bytes ? other : most));
  const batch = target instanceof Scratch ? 0 : Math.floor((batchOf(target) * limit) / bytes);
  const remedy = batch > 0 ? `a batch of at most ${batch} fits here` : 'use a smaller model or batch';
  throw new DeviceError(
    `${nameOf(target)} takes ${bytes} bytes, but this adapter ${verb} at most ${limit} at once; ${remedy}.`,
  );
}

function nameOf(target: Tensor | Scratch): string {
  if (target instanceof Scratch) return 'The scratch memory of a kernel';
  const { shape, node } = target;
  return node === undefined ? `A tensor ${formatShape(shape)}` : `The result ${formatShape(shape)} of ${node.name}`;
}

/** The extent that is one of the batch; 0 of what has none: vectors, packed weights, parts of a sum, sums over the batch. */
function batchOf({ shape, node }: Tensor): number {
  if (node === undefined || shape.length < 2) return 0;
  const ofBatch = node.kind !== 'kernel' || (node.epilogue && (node.batch ?? shape[0]) === shape[0]);
  return ofBatch ? shape[0]! : 0;
}

function checkWorkgroups(limit: number, dispatches: readonly Dispatch[]): void {
  for (const { name, shapes, workgroups } of dispatches) {
    const most = Math.max(...workgroups);
    if (most <= limit) continue;
    const what = shapes.map(formatShape).join(' to ');
    throw new DeviceError(
      `${name} of ${what} would take ${most} workgroups along one dimension, but this adapter runs at most ${limit}; use less at a time.`,
    );
  }
}
