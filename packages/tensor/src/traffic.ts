import { type Dispatch, Scratch } from './lowering.ts';

/** Bytes of GPU memory that kernels read and write, if each call touches everything that it binds once. */
export interface Traffic {
  readonly read: number;
  readonly written: number;
}

/** The traffic of one kernel call: each binding is as large as its tensor, and its declaration says how it is used. */
export function trafficOf({ source, operands }: Dispatch): Traffic {
  const declarations = source.matchAll(/@binding\((\d+)\) var<([\w, ]+)>/g);
  const spaces = new Map([...declarations].map(([, binding, space]) => [Number(binding), space!]));
  let read = 0;
  let written = 0;
  for (const { binding, operand } of operands) {
    if ('words' in operand) continue;
    const { target, size } = operand;
    const bytes = size ?? (target instanceof Scratch ? target.bytes : target.size * (target.dtype === 'u8' ? 1 : 4));
    const writes = spaces.get(binding) === 'storage, read_write';
    // What was there before the plan is a variable: it is changed in place, and so read too.
    const inPlace = !(target instanceof Scratch) && target.storage !== undefined;
    if (writes) written += bytes;
    if (!writes || inPlace) read += bytes;
  }
  return { read, written };
}
