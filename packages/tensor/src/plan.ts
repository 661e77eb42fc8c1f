import { located } from './caller.ts';
import type { Device } from './device.ts';
import type { Dispatch } from './dispatch.ts';
import { describe } from './nested.ts';
import { checkIntegers } from './shape.ts';
import { ALIGNMENT, type Storage } from './storage.ts';
import type { Traffic } from './traffic.ts';

/** The types of the values that change from run to run, by name: float32 numbers, or u32 for seeds and counters. */
export type InputTypes = Readonly<Record<string, 'f32' | 'u32'>>;

/** @internal A kernel call, ready to be encoded. */
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

/** A tensor whose memory a plan reads. */
interface Held {
  readonly storage: Storage | undefined;
}

interface PlanParts<Inputs extends InputTypes> {
  readonly memory: PlanMemory;
  readonly commands: readonly Command[];
  readonly outputs: ReadonlyMap<string, Output>;
  /** Everything that the plan allocated. */
  readonly buffers: readonly GPUBuffer[];
  readonly operands: ReadonlySet<Held>;
  readonly types: Inputs;
  readonly inputBuffer: GPUBuffer | undefined;
}

/** Bytes of GPU memory that a plan uses, excluding its variables. */
export interface PlanMemory {
  /** Bytes that the plan has allocated, in slots shared by tensors that are not live at the same time. */
  readonly allocated: number;
  /** Bytes that the same tensors would take without sharing. */
  readonly withoutReuse: number;
  /** The peak of live bytes: no assignment can take less. */
  readonly lowerBound: number;
}

/**
 * A graph compiled once into a flat list of kernel calls with every buffer assigned. A run writes one small block of
 * inputs, encodes the list into one compute pass and submits once; it creates nothing and waits for nothing.
 */
export class Plan<Inputs extends InputTypes = InputTypes> {
  /** The device it was compiled on. */
  readonly device: Device;
  /** The memory that its results take. */
  readonly memory: PlanMemory;
  /** @internal */
  readonly commands: readonly Command[];
  private readonly outputs: ReadonlyMap<string, Output>;
  private readonly buffers: readonly GPUBuffer[];
  /** Tensors that the plan reads but does not own, held because garbage-collecting a tensor frees its memory. */
  private readonly operands: ReadonlySet<Held>;
  private readonly types: Inputs;
  private readonly inputBuffer: GPUBuffer | undefined;
  private readonly block: DataView<ArrayBuffer>;
  private destroyed = false;
  private hasRun = false;

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

  /** The operation of each kernel call, in order, for reports. */
  get kernels(): string[] {
    return this.commands.map(({ name }) => name);
  }

  /** Bytes of all GPU memory that a run touches: the plan's own, and the tensors that it reads and changes. */
  get bytes(): number {
    const others = new Set([...this.operands].map(({ storage }) => storage!.buffer));
    return [...others].reduce((bytes, { size }) => bytes + size, this.memory.allocated);
  }

  /** The bytes that all kernel calls of a run read and write. */
  get traffic(): Traffic {
    const sum = (which: keyof Traffic) => this.commands.reduce((bytes, { traffic }) => bytes + traffic[which], 0);
    return { read: sum('read'), written: sum('written') };
  }

  /**
   * Runs once, with a value for every input. Returns as soon as the work is submitted to the GPU.
   * @throws Error if the plan is destroyed, DeviceError if the device is, TypeError if a value is missing or not a
   *   number, RangeError if the value of a u32 input does not fit in u32
   */
  run(values: Readonly<Record<keyof Inputs, number>>): void {
    this.write(values);
    this.device.queue.submit((encoder) => {
      const pass = encoder.beginComputePass();
      for (const command of this.commands) encode(pass, command);
      pass.end();
    });
  }

  /** @internal Writes the input values to the GPU. */
  write(values: Readonly<Record<keyof Inputs, number>>): void {
    this.check('run');
    Object.entries(this.types).forEach(([name, type], i) => {
      const value = values[name];
      if (typeof value !== 'number') {
        const given = value === undefined ? 'no value was given' : `${describe(value)} was given, not a number,`;
        throw new TypeError(located(`run: ${given} for the input '${name}'.`));
      }
      if (type === 'u32') checkIntegers([value], `run: the input '${name}'`);
      if (type === 'u32') this.block.setUint32(i * ALIGNMENT, value, true);
      else this.block.setFloat32(i * ALIGNMENT, value, true);
    });
    this.hasRun = true;
    if (this.inputBuffer !== undefined) this.device.gpu.queue.writeBuffer(this.inputBuffer, 0, this.block.buffer);
  }

  /**
   * The elements of an output as the last run left them. For u32 outputs, returns the raw bits:
   * `new Uint32Array(elements.buffer)` holds their numbers.
   * @throws RangeError if the plan has no such output, Error if the plan is destroyed or has not run, DeviceError if the
   *   device is lost, destroyed or out of memory
   */
  async read(name: string): Promise<Float32Array> {
    this.check('read');
    const output = this.outputs.get(name);
    if (output === undefined) {
      throw new RangeError(
        located(`read: the plan has no output '${name}'; it has: ${[...this.outputs.keys()].join(', ') || 'none'}.`),
      );
    }
    if (!this.hasRun) throw new Error(located(`read: the plan has not run, so '${name}' has no elements yet.`));
    return new Float32Array(await this.device.readBack.read(output.storage, output.size * 4));
  }

  /** @internal Where an output is stored. */
  storageOf(name: string): Storage {
    return this.outputs.get(name)!.storage;
  }

  /** Frees the plan's memory, except the buffers in `kept`. Variables keep their memory. */
  destroy(kept: ReadonlySet<GPUBuffer> = new Set()): void {
    if (this.destroyed) return;
    this.destroyed = true;
    for (const buffer of this.buffers) if (!kept.has(buffer)) this.device.memory.free(buffer);
  }

  private check(what: string): void {
    this.device.faults.checkOpen();
    if (this.destroyed) throw new Error(located(`${what}: the plan is destroyed; compile another.`));
  }
}

/** @internal Most of a step's host time is spent here; spread arguments would add a tenth. */
export function encode(pass: GPUComputePassEncoder, { pipeline, bindGroup, workgroups }: Command): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
}
