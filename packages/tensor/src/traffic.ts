import type { Dispatch } from './dispatch.ts';

/** Bytes of GPU memory that kernels read and write, if each call touches everything that it binds once. */
export interface Traffic {
  readonly read: number;
  readonly written: number;
}

/** @internal The traffic of one kernel call: each binding is as large as what its buffer holds, and its kernel declares how it is used. */
export function trafficOf({ bindings }: Dispatch): Traffic {
  let read = 0;
  let written = 0;
  for (const { access, operand } of bindings) {
    if ('words' in operand) continue;
    const { buffer, size } = operand;
    const bytes = size ?? buffer.bytes;
    const writes = access === 'read_write';
    // What was there before the plan is a variable: it is changed in place, and so read too.
    const inPlace = buffer.storage !== undefined;
    if (writes) written += bytes;
    if (!writes || inPlace) read += bytes;
  }
  return { read, written };
}
