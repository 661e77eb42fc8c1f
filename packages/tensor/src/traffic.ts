import type { Dispatch } from './dispatch.ts';

/** Bytes of GPU memory that kernels read and write, if each call touches every byte that it binds once. */
export interface Traffic {
  readonly read: number;
  readonly written: number;
}

/**
 * @internal The traffic of one kernel call. Each binding counts the bytes that its buffer holds, as read or written
 * according to the kernel's declaration.
 */
export function trafficOf({ bindings }: Dispatch): Traffic {
  let read = 0;
  let written = 0;
  for (const { access, operand } of bindings) {
    if ('words' in operand) continue;
    const { buffer, bytes = buffer.bytes } = operand;
    const writes = access === 'read_write';
    // A written buffer that existed before the plan is a variable: it is changed in place, so it is also read.
    const inPlace = buffer.storage !== undefined;
    if (writes) written += bytes;
    if (!writes || inPlace) read += bytes;
  }
  return { read, written };
}
