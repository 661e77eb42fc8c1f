import { reachable, unshaped, usersOf, writersOf, writesOf } from './graph.ts';
import { MAX_LEAVES } from './limits.ts';
import type { Tensor } from './tensor.ts';

/**
 * The work of one kernel: it computes `node`, applies the epilogue, and stores `result`. Without an epilogue, both are
 * the same tensor; for element-wise operations, `node` is the result.
 */
export interface Group {
  readonly result: Tensor;
  readonly node: Tensor;
}

export interface Fusion {
  /** Every group comes after the groups that it reads. */
  readonly groups: readonly Group[];
  readonly inMemory: (tensor: Tensor) => boolean;
}

/** Maximum element-wise operations in one kernel: drivers' compile time grows faster than the length of the text. */
const MAX_OPERATIONS = 64;

/**
 * Decides which tensors of the graph under `roots` are kept in memory. Element-wise operations are fused into the
 * kernel that reads them (its prologue) or the kernel that they follow (its epilogue), as long as this adds no memory
 * reads:
 *
 * - an operation that is the only consumer of a kernel's result joins the kernel's epilogue;
 * - each consumer of any other operation recomputes it, if it has one consumer or reads at most one tensor of its size;
 * - a tensor is kept if it is broadcast, viewed or read by a kernel without a prologue, or if an update that recomputed
 *   it would read variables too late;
 * - the tensors in `wanted` are kept, and so are tensors that would give a kernel too many operations or operands.
 */
export function fuse(roots: readonly Tensor[], wanted: ReadonlySet<Tensor> = new Set()): Fusion {
  const tensors = reachable(roots).filter(({ node }) => node !== undefined && node.kind !== 'reshape');
  const users = usersOf(tensors);
  const rooted = new Set([...roots.map(unshaped), ...wanted]);
  const kept = new Set<Tensor>(rooted);
  /** Maps the last operation of each kernel's epilogue so far to the kernel. */
  const ends = new Map<Tensor, Tensor>();
  /** The tensors that an operation reads from memory; for a kernel and its epilogue, those that the group reads. */
  const leaves = new Map<Tensor, ReadonlySet<Tensor>>();
  /** The leaves that an operation reads at elements other than its own. */
  const elsewhere = new Map<Tensor, ReadonlySet<Tensor>>();
  /** The operations that a kernel would compute for a tensor. */
  const operations = new Map<Tensor, ReadonlySet<Tensor>>();
  const writers = writersOf(tensors);

  const inMemory = (tensor: Tensor): boolean => tensor.storage !== undefined || kept.has(tensor) || ends.has(tensor);
  const leavesOf = (tensor: Tensor, given?: Tensor): Set<Tensor> => {
    const read = new Set<Tensor>();
    for (const input of tensor.node!.inputs.map(unshaped)) {
      if (input === given) continue;
      for (const leaf of inMemory(input) ? [input] : leaves.get(input)!) read.add(leaf);
    }
    return read;
  };
  const operationsOf = (tensor: Tensor, given?: Tensor): Set<Tensor> => {
    const fused = new Set<Tensor>(tensor.node!.kind === 'elementwise' ? [tensor] : []);
    for (const input of tensor.node!.inputs.map(unshaped)) {
      if (input === given || inMemory(input)) continue;
      for (const operation of operations.get(input)!) fused.add(operation);
    }
    return fused;
  };

  // Operands come first, so what an operation reads is known before the loop decides whether to keep the operation.
  for (const tensor of tensors) {
    const node = tensor.node!;
    if (node.kind === 'kernel') {
      leaves.set(tensor, leavesOf(tensor));
      operations.set(tensor, new Set());
      if (node.epilogue) ends.set(tensor, tensor);
      else kept.add(tensor);
      continue;
    }
    const given =
      node.kind === 'elementwise' ? node.inputs.map(unshaped).find((input) => joins(tensor, input)) : undefined;
    if (given !== undefined) {
      leaves.set(tensor, new Set([...leaves.get(given)!, ...leavesOf(tensor, given)]));
      operations.set(tensor, new Set([...operations.get(given)!, ...operationsOf(tensor, given)]));
      ends.set(tensor, ends.get(given)!);
      ends.delete(given);
      continue;
    }
    keepLargest(tensor, leaves, leavesOf, MAX_LEAVES);
    keepLargest(tensor, operations, operationsOf, MAX_OPERATIONS);
    const read = leavesOf(tensor);
    leaves.set(tensor, read);
    operations.set(tensor, operationsOf(tensor));
    elsewhere.set(tensor, elsewhereOf(tensor));
    const readers = users.get(tensor) ?? [];
    const large = [...read].filter((leaf) => leaf.size >= tensor.size).length;
    const inlined = readers.every((user) => computes(user, tensor) && inTime(user, tensor));
    if ((readers.length > 1 && large > 1) || !inlined) kept.add(tensor);
  }

  const groups = tensors.filter((tensor) => kept.has(tensor) || ends.has(tensor));
  return { groups: groups.map((result) => ({ result, node: ends.get(result) ?? result })), inMemory };

  /** Whether `operation` can extend the epilogue that ends with `input`. */
  function joins(operation: Tensor, input: Tensor): boolean {
    const alone = users.get(input)?.length === 1 && !rooted.has(input);
    if (!ends.has(input) || !alone || input.size !== operation.size) return false;
    return (
      leaves.get(input)!.size + leavesOf(operation, input).size <= MAX_LEAVES &&
      operations.get(input)!.size + operationsOf(operation, input).size <= MAX_OPERATIONS
    );
  }

  /** Keeps operands of `tensor` in memory, those with the most needs first, until `tensor` has at most `most` needs. */
  function keepLargest(
    tensor: Tensor,
    needs: ReadonlyMap<Tensor, ReadonlySet<Tensor>>,
    needsOf: (tensor: Tensor) => ReadonlySet<Tensor>,
    most: number,
  ): void {
    while (needsOf(tensor).size > most) {
      const inlined = tensor.node!.inputs.map(unshaped).filter((input) => !inMemory(input));
      kept.add(inlined.reduce((one, other) => (needs.get(other)!.size > needs.get(one)!.size ? other : one)));
    }
  }

  function elsewhereOf(tensor: Tensor): Set<Tensor> {
    const inputs = tensor.node!.inputs.map(unshaped);
    const moves = (input: Tensor): boolean => tensor.node!.kind === 'view' || input.size !== tensor.size;
    return new Set(
      inputs.flatMap((input) => (inMemory(input) ? (moves(input) ? [input] : []) : [...elsewhere.get(input)!])),
    );
  }

  /** Whether `operand`, computed within `user`, still reads variables as they were before any update. */
  function inTime(user: Tensor, operand: Tensor): boolean {
    const own = writesOf(user);
    if (own.length === 0) return true;
    return [...leaves.get(operand)!].every((leaf) => {
      const changing = writers.get(leaf.storage?.buffer) ?? [];
      if (changing.length === 0) return true;
      return changing.length === 1 && own.includes(leaf) && !elsewhere.get(operand)!.has(leaf);
    });
  }
}

/** Whether `user` can compute `operand` element by element while it reads it. */
function computes(user: Tensor, operand: Tensor): boolean {
  const node = user.node!;
  if (node.kind === 'elementwise') return user.size === operand.size;
  const uses = node.inputs.map(unshaped).filter((input) => input === operand).length;
  return node.kind === 'kernel' && node.prologue && unshaped(node.inputs[0]!) === operand && uses === 1;
}
