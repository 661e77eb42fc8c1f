import { unshaped } from './expression.ts';
import type { Tensor } from './tensor.ts';

/** What one kernel computes: `result` ends in memory, `node` names the kernel (the same tensor, unless an epilogue follows). */
export interface Group {
  readonly result: Tensor;
  readonly node: Tensor;
}

export interface Fusion {
  /** Every group comes after those that it reads. */
  readonly groups: readonly Group[];
  readonly inMemory: (tensor: Tensor) => boolean;
  /** The operations that read each tensor, reshapes seen through. */
  readonly users: ReadonlyMap<Tensor, readonly Tensor[]>;
}

/** Adapters with default limits bind eight storage buffers, of which a kernel with an epilogue needs three, others one. */
const MAX_EPILOGUE_LEAVES = 5;
const MAX_LEAVES = 7;

/**
 * Decides what of the graph under `roots` is kept in memory. Element-wise operations disappear into the kernel that reads
 * them (its prologue) or the one that they follow (its epilogue), as long as no memory is read more often for it:
 *
 * - an operation that is the only user of a kernel's result joins its epilogue;
 * - any other is computed again by each of its users, if there is one user or it reads at most one tensor of its size;
 * - what is broadcast, viewed, or read by a kernel without a prologue is kept.
 */
export function fuse(roots: readonly Tensor[]): Fusion {
  const tensors = reachable(roots).filter(({ node }) => node !== undefined && node.kind !== 'reshape');
  const users = usersOf(tensors);
  const rooted = new Set(roots.map(unshaped));
  const kept = new Set<Tensor>(rooted);
  /** The last operation of each kernel's epilogue so far, and the kernel. */
  const ends = new Map<Tensor, Tensor>();
  /** What an operation reads from memory, kernels' own results apart. */
  const leaves = new Map<Tensor, ReadonlySet<Tensor>>();

  const inMemory = (tensor: Tensor): boolean => tensor.storage !== undefined || kept.has(tensor) || ends.has(tensor);
  const leavesOf = (tensor: Tensor, given?: Tensor): Set<Tensor> => {
    const read = new Set<Tensor>();
    for (const input of tensor.node!.inputs.map(unshaped)) {
      if (input === given) continue;
      for (const leaf of inMemory(input) ? [input] : leaves.get(input)!) read.add(leaf);
    }
    return read;
  };

  // Operands first: what an operation reads is settled before its own place is.
  for (const tensor of tensors) {
    const node = tensor.node!;
    if (node.kind === 'kernel') {
      if (node.epilogue) ends.set(tensor, tensor);
      else kept.add(tensor);
      continue;
    }
    const given =
      node.kind === 'elementwise' ? node.inputs.map(unshaped).find((input) => joins(tensor, input)) : undefined;
    if (given !== undefined) {
      leaves.set(tensor, new Set([...(leaves.get(given) ?? []), ...leavesOf(tensor, given)]));
      ends.set(tensor, ends.get(given)!);
      ends.delete(given);
      continue;
    }
    let read = leavesOf(tensor);
    while (read.size > MAX_LEAVES) {
      const inlined = node.inputs.map(unshaped).filter((input) => !inMemory(input));
      kept.add(inlined.reduce((most, input) => (leaves.get(input)!.size > leaves.get(most)!.size ? input : most)));
      read = leavesOf(tensor);
    }
    leaves.set(tensor, read);
    const readers = users.get(tensor) ?? [];
    const large = [...read].filter((leaf) => leaf.size >= tensor.size).length;
    if ((readers.length > 1 && large > 1) || !readers.every((user) => computes(user, tensor))) kept.add(tensor);
  }

  const groups = tensors.filter((tensor) => kept.has(tensor) || ends.has(tensor));
  return { groups: groups.map((result) => ({ result, node: ends.get(result) ?? result })), inMemory, users };

  /** Whether `operation` can extend the epilogue that ends with `input`. */
  function joins(operation: Tensor, input: Tensor): boolean {
    const alone = users.get(input)?.length === 1 && !rooted.has(input);
    if (!ends.has(input) || !alone || input.size !== operation.size) return false;
    return new Set([...(leaves.get(input) ?? []), ...leavesOf(operation, input)]).size <= MAX_EPILOGUE_LEAVES;
  }
}

/** Whether `user` can compute `operand` element by element while it reads it. */
function computes(user: Tensor, operand: Tensor): boolean {
  const node = user.node!;
  if (node.kind === 'elementwise') return user.size === operand.size;
  const uses = node.inputs.map(unshaped).filter((input) => input === operand).length;
  return node.kind === 'kernel' && node.prologue && unshaped(node.inputs[0]!) === operand && uses === 1;
}

function reachable(roots: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>();
  const stack = [...roots];
  while (stack.length > 0) {
    const tensor = stack.pop()!;
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    stack.push(...(tensor.node?.inputs ?? []));
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/** The operations that read each tensor, reshapes seen through. */
function usersOf(tensors: readonly Tensor[]): Map<Tensor, Tensor[]> {
  const users = new Map<Tensor, Tensor[]>();
  for (const tensor of tensors) {
    for (const input of new Set(tensor.node!.inputs.map(unshaped))) {
      users.set(input, [...(users.get(input) ?? []), tensor]);
    }
  }
  return users;
}
