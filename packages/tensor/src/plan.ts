import type { Device } from './device.ts';
import { unshaped } from './expression.ts';
import { checkFits } from './fits.ts';
import { LARGE_BUFFER } from './limits.ts';
import {
  boundBytes,
  bytesOf,
  type Copy,
  type Dispatch,
  type Lowered,
  lowerAll,
  type Operand,
  Scratch,
} from './lowering.ts';
import { assignSlots } from './memory.ts';
import { checkIntegers } from './shape.ts';
import { ALIGNMENT, type Storage } from './storage.ts';
import type { Tensor } from './tensor.ts';
import { type Traffic, trafficOf } from './traffic.ts';
import { checkTrace } from './updates.ts';
import { asBefore } from './variable.ts';

/**
 * What a traced function gives back: tensors that can be read after a run, and updates of variables, made in this order and each
 * once. Outputs, like the values of updates, are computed from the variables as they were before the step.
 */
export interface Trace {
  readonly outputs?: Readonly<Record<string, Tensor>>;
  readonly updates?: readonly Tensor[];
}

/** The values that change from run to run, by name: float32 numbers, or u32 for seeds and counters. */
export type InputTypes = Readonly<Record<string, 'f32' | 'u32'>>;

/** A kernel call, ready to be encoded. */
export interface Command extends Pick<Dispatch, 'name' | 'shapes' | 'multiplyAdds'> {
  readonly traffic: Traffic;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

interface Output {
  readonly size: number;
  readonly storage: Storage;
}

interface PlanParts<Inputs extends InputTypes> {
  readonly memory: PlanMemory;
  readonly commands: readonly Command[];
  readonly outputs: ReadonlyMap<string, Output>;
  /** Everything that the plan allocated. */
  readonly buffers: readonly GPUBuffer[];
  readonly operands: ReadonlySet<Tensor>;
  readonly types: Inputs;
  readonly inputBuffer: GPUBuffer | undefined;
}

/** Bytes of GPU memory that a plan holds, beside those of its variables. */
export interface PlanMemory {
  /** What the plan has allocated: slots shared by tensors that do not live at the same time. */
  readonly allocated: number;
  /** What the same tensors would take without sharing. */
  readonly withoutReuse: number;
  /** The most that lives at any one time: no assignment can take less. */
  readonly lowerBound: number;
}

/**
 * A graph compiled once into a flat list of kernel calls with every buffer assigned. A run writes one small block of
 * inputs, encodes the list into one compute pass and submits once; it creates nothing and waits for nothing.
 */
export class Plan<Inputs extends InputTypes = InputTypes> {
  readonly device: Device;
  readonly memory: PlanMemory;
  /** @internal */
  readonly commands: readonly Command[];
  private readonly outputs: ReadonlyMap<string, Output>;
  private readonly buffers: readonly GPUBuffer[];
  /** What the plan reads but does not own: held, since a tensor's memory is freed when the tensor is collected. */
  readonly operands: ReadonlySet<Tensor>;
  private readonly types: Inputs;
  private readonly inputBuffer: GPUBuffer | undefined;
  private readonly block: DataView<ArrayBuffer>;
  private destroyed = false;

  /** @internal Use {@link Device.compile}. */
  constructor(device: Device, parts: PlanParts<Inputs>) {
    this.device = device;
    this.memory = parts.memory;
    this.commands = parts.commands;
    this.outputs = parts.outputs;
    this.buffers = parts.buffers;
    this.operands = parts.operands;
    this.types = parts.types;
    this.inputBuffer = parts.inputBuffer;
    this.block = new DataView(new ArrayBuffer(Object.keys(parts.types).length * ALIGNMENT));
  }

  /** The number of kernel calls a run makes. */
  get dispatches(): number {
    return this.commands.length;
  }

  /** The kernels in order, for reports: each call's operation. */
  get kernels(): string[] {
    return this.commands.map(({ name }) => name);
  }

  /** Bytes of GPU memory of all that a run touches: the plan's own, and what it reads and changes. */
  get bytes(): number {
    const others = new Set([...this.operands].map(({ storage }) => storage!.buffer));
    return [...others].reduce((bytes, { size }) => bytes + size, this.memory.allocated);
  }

  /** What all kernel calls of a run read and write. */
  get traffic(): Traffic {
    const sum = (which: keyof Traffic) => this.commands.reduce((bytes, { traffic }) => bytes + traffic[which], 0);
    return { read: sum('read'), written: sum('written') };
  }

  /**
   * Runs once, with a value for every input. Returns as soon as the work is handed to the GPU.
   * @throws Error if the plan is destroyed, TypeError or RangeError if a value is missing or is none of its input's type
   */
  run(values: Readonly<Record<keyof Inputs, number>>): void {
    this.write(values);
    this.device.submit((encoder) => {
      const pass = encoder.beginComputePass();
      for (const command of this.commands) encode(pass, command);
      pass.end();
    });
  }

  /** @internal Hands over the values of the inputs. */
  write(values: Readonly<Record<keyof Inputs, number>>): void {
    this.check('run');
    Object.entries(this.types).forEach(([name, type], i) => {
      const value = values[name];
      if (typeof value !== 'number') throw new TypeError(`run: no value was given for the input '${name}'.`);
      if (type === 'u32') checkIntegers([value], `run: the input '${name}'`);
      if (type === 'u32') this.block.setUint32(i * ALIGNMENT, value, true);
      else this.block.setFloat32(i * ALIGNMENT, value, true);
    });
    if (this.inputBuffer !== undefined) this.device.gpu.queue.writeBuffer(this.inputBuffer, 0, this.block.buffer);
  }

  /** The elements of an output as the last run left them. */
  async read(name: string): Promise<Float32Array> {
    this.check('read');
    const output = this.outputs.get(name);
    if (output === undefined) {
      throw new RangeError(
        `read: the plan has no output '${name}'; it has: ${[...this.outputs.keys()].join(', ') || 'none'}.`,
      );
    }
    return new Float32Array(await this.device.read(output.storage, output.size * 4));
  }

  /** @internal Where an output lies. */
  storageOf(name: string): Storage {
    return this.outputs.get(name)!.storage;
  }

  /** Frees the plan's memory, but for the buffers in `kept`. Variables keep theirs. */
  destroy(kept: ReadonlySet<GPUBuffer> = new Set()): void {
    if (this.destroyed) return;
    this.destroyed = true;
    for (const buffer of this.buffers) if (!kept.has(buffer)) this.device.free(buffer);
  }

  private check(what: string): void {
    if (this.destroyed) throw new Error(`${what}: the plan is destroyed; compile another.`);
  }
}

/** @internal Of a step's host time this is the most; spread arguments would make it a tenth more. */
export function encode(pass: GPUComputePassEncoder, { pipeline, bindGroup, workgroups }: Command): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
}

/** Compiles what a function returned. `inputBuffer` backs the tensors that it was given for `types`. */
export async function compile<Inputs extends InputTypes>(
  device: Device,
  types: Inputs,
  inputBuffer: GPUBuffer | undefined,
  trace: Trace,
): Promise<Plan<Inputs>> {
  const outputs = Object.entries(trace.outputs ?? {}).map(([name, tensor]) => [name, asBefore(tensor)] as const);
  const outputTensors = outputs.map(([, tensor]) => unshaped(tensor));
  const updates = [...new Set(trace.updates)];
  checkTrace(device, outputTensors, updates);
  const lowered = lowerAll(outputTensors, updates);
  const copies = copiesIn(lowered);
  const placed = placements(lowered, copies, new Set(outputTensors));
  const dispatches = lowered
    .flatMap((group) => group.dispatches)
    .filter(({ copies }) => copies === undefined || !placed.has(copies.source));

  // The gaps between copies are never written: memory of one's own keeps them zero, a shared slot would not.
  const own = new Set([...outputTensors, ...copies.map(({ owner }) => owner)]);
  const { value, fault } = device.scoped('out-of-memory', () => {
    return { allocation: allocate(device, dispatches, placed, own), numbers: uploadWords(device, dispatches) };
  });
  const { allocation, numbers } = value;
  const resolve = (operand: Operand): Storage => {
    if ('words' in operand) return numbers.storageOf(operand.words);
    const { buffer, offset, size } = allocation.storageOf(operand.target);
    const skip = operand.offset ?? 0;
    return { buffer, offset: offset + skip, size: operand.size ?? size - skip };
  };

  // All that depends on where tensors lie is settled before the wait: meanwhile one of them may be computed elsewhere.
  const bound = dispatches.map(({ operands }) =>
    operands.map(({ binding, operand }) => ({ binding, storage: resolve(operand) })),
  );
  const readable = outputs.map(
    ([name, tensor]) => [name, { size: tensor.size, storage: resolve({ target: unshaped(tensor) }) }] as const,
  );
  const targets = dispatches.flatMap(({ operands }) =>
    operands.flatMap(({ operand }) => ('target' in operand ? [operand.target] : [])),
  );
  const operands = new Set(
    targets.filter((target) => !(target instanceof Scratch) && target.storage !== undefined),
  ) as Set<Tensor>;
  const made = [...allocation.buffers, ...numbers.buffers];
  const pipelines = await Promise.all([
    device.pipelines.of(dispatches),
    allocation.memory.allocated < LARGE_BUFFER ? device.blame(fault) : device.raise(fault),
    device.sound([...operands].map(({ storage }) => storage!.buffer)),
  ]).then(
    ([compiled]) => compiled,
    (error: unknown) => {
      for (const buffer of made) device.free(buffer);
      throw error;
    },
  );
  const commands = dispatches.map((dispatch, i) => {
    const { name, shapes, multiplyAdds, workgroups } = dispatch;
    const pipeline = pipelines[i]!;
    const bindGroup = device.bindGroup(pipeline, bound[i]!);
    return { name, shapes, multiplyAdds, traffic: trafficOf(dispatch), pipeline, bindGroup, workgroups };
  });
  return new Plan<Inputs>(device, {
    memory: allocation.memory,
    commands,
    outputs: new Map(readable),
    buffers: inputBuffer === undefined ? made : [...made, inputBuffer],
    operands,
    types,
    inputBuffer,
  });
}

/** A tensor's place inside another. */
interface Placement extends Copy {
  readonly owner: Tensor;
}

function copiesIn(lowered: readonly Lowered[]): Placement[] {
  return lowered.flatMap(({ result: owner, dispatches }) =>
    [...new Set(dispatches.map(({ copies }) => copies))].flatMap((copies) =>
      copies === undefined ? [] : [{ owner, ...copies }],
    ),
  );
}

/**
 * The tensors that are computed where they would be copied to: those that are copied once and are copied into from nowhere, unless the
 * kernel that computes one reads another part of the same buffer, which can't be bound for reading and for writing at once.
 */
function placements(
  lowered: readonly Lowered[],
  copies: readonly Placement[],
  outputs: ReadonlySet<Tensor>,
): Map<Tensor, Placement> {
  const places = new Map<Tensor, Placement[]>();
  for (const copy of copies) places.set(copy.source, [...(places.get(copy.source) ?? []), copy]);
  const owners = new Set(copies.map(({ owner }) => owner));
  const placed = new Map<Tensor, Placement>();
  for (const { result, dispatches } of lowered) {
    const [place, another] = places.get(result) ?? [];
    if (place === undefined || another !== undefined || outputs.has(result) || owners.has(result)) continue;
    const beside = ({ operand }: Dispatch['operands'][number]): boolean =>
      'target' in operand && !(operand.target instanceof Scratch) && placed.get(operand.target)?.owner === place.owner;
    if (!dispatches.some(({ operands }) => operands.some(beside))) placed.set(result, place);
  }
  return placed;
}

interface Allocation {
  readonly storageOf: (target: Tensor | Scratch) => Storage;
  readonly buffers: readonly GPUBuffer[];
  readonly memory: PlanMemory;
}

/** Gives everything that the dispatches write a place: `own` tensors a buffer each, all others slots by lifetime. */
function allocate(
  device: Device,
  dispatches: readonly Dispatch[],
  placed: ReadonlyMap<Tensor, Placement>,
  own: ReadonlySet<Tensor | Scratch>,
): Allocation {
  const ownerOf = (target: Tensor | Scratch): Tensor | Scratch =>
    target instanceof Scratch ? target : (placed.get(target)?.owner ?? target);

  const lifetimes = new Map<Tensor | Scratch, { bytes: number; first: number; last: number }>();
  dispatches.forEach(({ operands }, time) => {
    for (const { operand } of operands) {
      if ('words' in operand) continue;
      const owner = ownerOf(operand.target);
      if (!(owner instanceof Scratch) && owner.storage !== undefined) continue;
      const lifetime = lifetimes.get(owner);
      if (lifetime === undefined) lifetimes.set(owner, { bytes: bytesOf(owner), first: time, last: time });
      else lifetime.last = time;
    }
  });

  checkFits(device, dispatches);
  const shared = [...lifetimes.keys()].filter((target) => !own.has(target));
  const { slots, bytes } = assignSlots(shared.map((target) => lifetimes.get(target)!));
  const slotBuffers = bytes.map((size) => device.buffer(size, 'A slot of a plan'));
  const storages = new Map<Tensor | Scratch, Storage>();
  shared.forEach((target, i) => {
    storages.set(target, { buffer: slotBuffers[slots[i]!]!, offset: 0, size: lifetimes.get(target)!.bytes });
  });
  const ownBuffers: GPUBuffer[] = [];
  for (const target of own) {
    if (!lifetimes.has(target)) continue;
    const { bytes: size } = lifetimes.get(target)!;
    const buffer = device.buffer(size, 'An output of a plan');
    ownBuffers.push(buffer);
    storages.set(target, { buffer, offset: 0, size });
  }

  const storageOf = (target: Tensor | Scratch): Storage => {
    const placement = target instanceof Scratch ? undefined : placed.get(target);
    if (placement !== undefined) {
      return { buffer: storages.get(placement.owner)!.buffer, offset: placement.offset, size: bytesOf(target) };
    }
    return (target instanceof Scratch ? undefined : target.storage) ?? storages.get(target)!;
  };
  const all = [...lifetimes.entries()].map(([target, lifetime]) =>
    own.has(target) ? { ...lifetime, first: 0, last: dispatches.length } : lifetime,
  );
  const changes = new Float64Array(dispatches.length + 2);
  for (const { bytes: size, first, last } of all) {
    changes[first]! += size;
    changes[last + 1]! -= size;
  }
  let live = 0;
  let lowerBound = 0;
  for (const change of changes) {
    live += change;
    lowerBound = Math.max(lowerBound, live);
  }
  const buffers = [...slotBuffers, ...ownBuffers];
  return {
    storageOf,
    buffers,
    memory: {
      allocated: buffers.reduce((sum, { size }) => sum + size, 0),
      withoutReuse: total(all),
      lowerBound,
    },
  };
}

const total = (lifetimes: readonly { bytes: number }[]): number => lifetimes.reduce((sum, { bytes }) => sum + bytes, 0);

/** One small constant buffer with all words that dispatches bind, equal ones once. */
function uploadWords(
  device: Device,
  dispatches: readonly Dispatch[],
): { storageOf: (words: readonly number[]) => Storage; buffers: readonly GPUBuffer[] } {
  const places = new Map<string, { readonly offset: number; readonly size: number }>();
  const block: number[] = [];
  for (const { operand } of dispatches.flatMap(({ operands }) => operands)) {
    if (!('words' in operand) || places.has(operand.words.join())) continue;
    while ((block.length * 4) % ALIGNMENT !== 0) block.push(0);
    places.set(operand.words.join(), { offset: block.length * 4, size: boundBytes(operand) });
    for (const word of operand.words) block.push(word);
  }
  const buffers = block.length === 0 ? [] : [device.buffer(block.length * 4, 'The numbers of a plan')];
  for (const buffer of buffers) device.gpu.queue.writeBuffer(buffer, 0, Uint32Array.from(block));
  return { buffers, storageOf: (words) => ({ buffer: buffers[0]!, ...places.get(words.join())! }) };
}
