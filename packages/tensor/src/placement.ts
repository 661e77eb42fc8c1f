import { buffersOf, type Copy, type Dispatch, type Lowered, type VirtualBuffer } from './dispatch.ts';

/** A buffer's place inside another. */
export interface Alias {
  readonly owner: VirtualBuffer;
  /** In bytes. */
  readonly offset: number;
}

/** What is left to run, and where buffers lie that are parts of others. */
export interface Placement {
  readonly dispatches: readonly Dispatch[];
  readonly aliases: ReadonlyMap<VirtualBuffer, Alias>;
  /** The buffers that others are copied into or are parts of. */
  readonly owners: ReadonlySet<VirtualBuffer>;
}

/**
 * Makes copies aliases: a buffer that would be copied into another is computed there, and its copy disappears. That is so for all that
 * are copied once and are copied into from nowhere, unless the kernel that computes one reads another part of the same buffer, which
 * can't be bound for reading and for writing at once. What is in `outputs` stays by itself.
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

/** The copies that some of the dispatches make, each once. */
const copiesIn = (dispatches: readonly Dispatch[]): Copy[] =>
  [...new Set(dispatches.map(({ copies }) => copies))].filter((copy) => copy !== undefined);
