import { boundBytes, type Dispatch, takenBytes } from './dispatch.ts';
import { DeviceError } from './errors.ts';
import { formatShape } from './shape.ts';

/** The limits of an adapter. */
export interface Allowed {
  readonly bindingLimit: number;
  readonly limits: Pick<GPUSupportedLimits, 'maxBufferSize' | 'maxComputeWorkgroupsPerDimension'>;
}

/**
 * @throws DeviceError if a buffer does not fit: a GPU buffer can't hold it, or a kernel that can't work piece by piece
 * can't bind it. The error names the largest such buffer, the limit, and the largest batch that fits.
 * @throws DeviceError that names a kernel call with too many workgroups
 */
export function checkFits({ bindingLimit, limits }: Allowed, dispatches: readonly Dispatch[]): void {
  const misfits = dispatches.flatMap(({ bindings }) =>
    bindings.flatMap(({ operand }) => {
      if ('words' in operand) return [];
      const { buffer } = operand;
      const bytes = takenBytes(buffer);
      if (bytes > limits.maxBufferSize) return [{ buffer, bytes, limit: limits.maxBufferSize, verb: 'holds' }];
      return boundBytes(operand) > bindingLimit ? [{ buffer, bytes, limit: bindingLimit, verb: 'binds' }] : [];
    }),
  );
  if (misfits.length === 0) {
    checkWorkgroups(limits.maxComputeWorkgroupsPerDimension, dispatches);
    return;
  }
  const { buffer, bytes, limit, verb } = misfits.reduce((most, other) => (other.bytes > most.bytes ? other : most));
  const batch = Math.floor((buffer.batch * limit) / bytes);
  const remedy = batch > 0 ? `a batch of at most ${batch} fits here` : 'use a smaller model or batch';
  throw new DeviceError(
    `${buffer.label} takes ${bytes} bytes, but this adapter ${verb} at most ${limit} at once; ${remedy}.`,
  );
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
