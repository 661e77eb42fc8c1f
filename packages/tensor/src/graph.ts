/** Functions that walk the graph of tensors. */
import type { Tensor } from './tensor.ts';

/** The tensor whose memory holds the elements of `tensor`: a reshape is only another name. */
export function unshaped(tensor: Tensor): Tensor {
  let source = tensor;
  while (source.node?.kind === 'reshape') source = source.node.inputs[0]!;
  return source;
}

/** Whether a tensor has elements outside of a plan's runs. */
export const isStored = ({ storage, input }: Tensor): boolean => storage !== undefined && input === undefined;

/** `roots` and everything that they are computed from, in order of creation. */
export function reachable(roots: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>();
  const stack = [...roots];
  while (stack.length > 0) {
    const tensor = stack.pop()!;
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    for (const input of tensor.node?.inputs ?? []) stack.push(input);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/** The operations that read each tensor, directly or through reshapes. */
export function usersOf(tensors: readonly Tensor[]): Map<Tensor, Tensor[]> {
  const users = new Map<Tensor, Tensor[]>();
  for (const tensor of tensors) {
    for (const input of new Set(tensor.node!.inputs.map(unshaped))) {
      const others = users.get(input);
      if (others === undefined) users.set(input, [tensor]);
      else others.push(tensor);
    }
  }
  return users;
}

/** The variables that an update changes; empty for a tensor that is a value. */
export const writesOf = ({ node }: Tensor): readonly Tensor[] => (node?.kind === 'kernel' && node.writes) || [];

/** The updates among `tensors` that change each buffer. */
export function writersOf(tensors: readonly Tensor[]): Map<GPUBuffer | undefined, Tensor[]> {
  const writers = new Map<GPUBuffer | undefined, Tensor[]>();
  for (const tensor of tensors) {
    for (const buffer of new Set(writesOf(tensor).map(({ storage }) => storage!.buffer))) {
      const others = writers.get(buffer);
      if (others === undefined) writers.set(buffer, [tensor]);
      else others.push(tensor);
    }
  }
  return writers;
}
