import { buffersOf, type Copy, type Dispatch, type Lowered, type VirtualBuffer } from './dispatch.ts';

/** A buffer's place inside another. */
export interface Alias {
  readonly owner: VirtualBuffer;
  /** In bytes. */
  readonly offset: number;
}

/** The remaining dispatches, and the buffers that are inside other buffers. */
export interface Placement {
  readonly dispatches: readonly Dispatch[];
  readonly aliases: ReadonlyMap<VirtualBuffer, Alias>;
  /** The buffers that contain other buffers, or that other buffers are copied into. */
  readonly owners: ReadonlySet<VirtualBuffer>;
}

/**
 * Turns copies into aliases: a buffer that would be copied into another is computed there, and the copy is dropped.
 * The buffer must be copied only once, nothing may be copied into it, and its kernel may read no other alias inside the
 * same owner: a kernel can't bind one buffer for both reading and writing. Each of the `outputs` keeps its own buffer.
 */
export function place(lowered: readonly Lowered[], outputs: ReadonlySet<VirtualBuffer>): Placement {
  const copies = new Map<VirtualBuffer, Alias[]>();
  const owners = new Set<VirtualBuffer>();
  for (const { result: owner, dispatches } of lowered) {
    for (const { source, offset } of copiesIn(dispatches)) {
      owners.add(owner);
      const others = copies.get(source);
      if (others === undefined) copies.set(source, [{ owner, offset }]);
      else others.push({ owner, offset });
    }
  }
  const aliases = new Map<VirtualBuffer, Alias>();
  for (const { result, dispatches } of lowered) {
    const [copy, another] = copies.get(result) ?? [];
    if (copy === undefined || another !== undefined || outputs.has(result) || owners.has(result)) continue;
    const beside = (buffer: VirtualBuffer): boolean => aliases.get(buffer)?.owner === copy.owner;
    if (!dispatches.some((dispatch) => buffersOf(dispatch).some(beside))) aliases.set(result, copy);
  }
  const dispatches = lowered
    .flatMap((group) => group.dispatches)
    .filter(({ copies }) => copies === undefined || !aliases.has(copies.source));
  return { dispatches, aliases, owners };
}

/** The copies that the dispatches make, each once. */
const copiesIn = (dispatches: readonly Dispatch[]): Copy[] =>
  [...new Set(dispatches.map(({ copies }) => copies))].filter((copy) => copy !== undefined);
