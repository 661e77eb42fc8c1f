import { boundBytes, buffersOf, type Dispatch, type Operand, takenBytes, type VirtualBuffer } from './dispatch.ts';
import type { Memory } from './memory.ts';
import type { Placement } from './placement.ts';
import type { PlanMemory } from './plan.ts';
import { assignSlots, type Lifetime } from './slots.ts';
import { ALIGNMENT, type Storage } from './storage.ts';

/** The GPU memory assigned to everything that dispatches bind. */
export interface Allocation {
  readonly storageOf: (operand: Operand) => Storage;
  /** The buffers that the allocation created. */
  readonly buffers: readonly GPUBuffer[];
  readonly memory: PlanMemory;
}

/**
 * Assigns memory to everything that the dispatches bind. Each of the `outputs`, and each buffer that contains other
 * buffers, gets its own GPU buffer. The remaining buffers share slots by lifetime.
 */
export function allocate(
  memory: Memory,
  { dispatches, aliases, owners }: Placement,
  outputs: ReadonlySet<VirtualBuffer>,
): Allocation {
  const lifetimes = lifetimesOf(dispatches, (buffer) => aliases.get(buffer)?.owner ?? buffer);
  // Nothing writes the gaps between aliases. An unshared buffer keeps them zero; a shared slot would not.
  const own = new Set([...outputs, ...owners]);
  const shared = [...lifetimes.keys()].filter((buffer) => !own.has(buffer));
  const { slots, bytes } = assignSlots(shared.map((buffer) => lifetimes.get(buffer)!));
  const slotBuffers = bytes.map((taken) => memory.buffer(taken, 'A slot of a plan'));
  const storages = new Map<VirtualBuffer, Storage>();
  shared.forEach((buffer, i) => {
    storages.set(buffer, { buffer: slotBuffers[slots[i]!]!, offset: 0, bytes: lifetimes.get(buffer)!.bytes });
  });
  const ownBuffers: GPUBuffer[] = [];
  for (const output of own) {
    if (!lifetimes.has(output)) continue;
    const { bytes } = lifetimes.get(output)!;
    const buffer = memory.buffer(bytes, 'An output of a plan');
    ownBuffers.push(buffer);
    storages.set(output, { buffer, offset: 0, bytes });
  }
  const words = uploadWords(memory, dispatches);

  const placeOf = (buffer: VirtualBuffer): Storage => {
    const alias = aliases.get(buffer);
    if (alias === undefined) return buffer.storage ?? storages.get(buffer)!;
    return { buffer: storages.get(alias.owner)!.buffer, offset: alias.offset, bytes: takenBytes(buffer) };
  };
  const storageOf = (operand: Operand): Storage => {
    if ('words' in operand) return words.storageOf(operand.words);
    const { buffer, offset, bytes } = placeOf(operand.buffer);
    const skip = operand.offset ?? 0;
    return { buffer, offset: offset + skip, bytes: operand.bytes ?? bytes - skip };
  };
  const results = [...slotBuffers, ...ownBuffers];
  const all = [...lifetimes].map(([buffer, lifetime]) =>
    own.has(buffer) ? { ...lifetime, first: 0, last: dispatches.length } : lifetime,
  );
  return {
    storageOf,
    buffers: [...results, ...words.buffers],
    memory: {
      allocated: results.reduce((sum, { size }) => sum + size, 0),
      withoutReuse: all.reduce((sum, lifetime) => sum + lifetime.bytes, 0),
      lowerBound: mostAtOnce(all, dispatches.length),
    },
  };
}

/** The lifetimes of the buffers that have no storage yet. An alias extends the lifetime of its owner. */
function lifetimesOf(
  dispatches: readonly Dispatch[],
  ownerOf: (buffer: VirtualBuffer) => VirtualBuffer,
): Map<VirtualBuffer, Lifetime> {
  const lifetimes = new Map<VirtualBuffer, Lifetime>();
  dispatches.forEach((dispatch, time) => {
    for (const owner of buffersOf(dispatch).map(ownerOf)) {
      if (owner.storage !== undefined) continue;
      const { first } = lifetimes.get(owner) ?? { first: time };
      lifetimes.set(owner, { bytes: takenBytes(owner), first, last: time });
    }
  });
  return lifetimes;
}

/** The peak number of live bytes, up to time `end`. */
function mostAtOnce(lifetimes: readonly Lifetime[], end: number): number {
  const changes = new Float64Array(end + 2);
  for (const { bytes, first, last } of lifetimes) {
    changes[first]! += bytes;
    changes[last + 1]! -= bytes;
  }
  let [live, most] = [0, 0];
  for (const change of changes) {
    live += change;
    most = Math.max(most, live);
  }
  return most;
}

/** One small constant buffer with all words that dispatches bind. Equal words are stored once. */
function uploadWords(
  memory: Memory,
  dispatches: readonly Dispatch[],
): { storageOf: (words: readonly number[]) => Storage; buffers: readonly GPUBuffer[] } {
  const places = new Map<string, { readonly offset: number; readonly bytes: number }>();
  const block: number[] = [];
  for (const { operand } of dispatches.flatMap(({ bindings }) => bindings)) {
    if (!('words' in operand) || places.has(operand.words.join())) continue;
    while ((block.length * 4) % ALIGNMENT !== 0) block.push(0);
    places.set(operand.words.join(), { offset: block.length * 4, bytes: boundBytes(operand) });
    for (const word of operand.words) block.push(word);
  }
  const buffers = block.length === 0 ? [] : [memory.buffer(block.length * 4, 'The numbers of a plan')];
  for (const buffer of buffers) memory.write({ buffer, offset: 0, bytes: buffer.size }, Uint32Array.from(block));
  return { buffers, storageOf: (words) => ({ buffer: buffers[0]!, ...places.get(words.join())! }) };
}
