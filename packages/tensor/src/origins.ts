import { overlap, type Storage } from './storage.ts';
import type { Tensor } from './tensor.ts';

/**
 * The memory of the variables and uploaded tensors from which `tensor` is computed, also through tensors whose graph
 * has been dropped. Freed memory is left out: otherwise a loop that computes each result from the previous one would
 * collect everything that has ever been uploaded.
 */
export function originsOf(tensor: Tensor): Set<Storage> {
  const origins = new Set<Storage>();
  const seen = new Set([tensor]);
  // A set also iterates over what is added meanwhile.
  for (const { node, storage, dtype, origins: known, device } of seen) {
    for (const origin of known ?? (node === undefined ? [storage!] : []))
      if (!device.memory.isFreed(origin.buffer)) origins.add(origin);
    // No gradient flows from indices to the numbers that they were computed from.
    for (const source of node?.sources ?? node?.inputs ?? [])
      if (dtype === 'f32' || source.dtype !== 'f32') seen.add(source);
  }
  return origins;
}

/**
 * Whether the dropped graph of the first tensor contained the second. Variables and uploaded tensors are known exactly.
 * Of a computed tensor only its age is known, so the answer may be a wrong yes.
 */
export function dependedOn({ id, origins }: Tensor, tensor: Tensor): boolean {
  if (tensor.node !== undefined || tensor.origins !== undefined) return tensor.id < id;
  return [...origins!].some((origin) => overlap(origin, tensor.storage!));
}
