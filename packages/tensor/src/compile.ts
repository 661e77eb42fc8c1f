import { allocate } from './allocation.ts';
import type { Device } from './device.ts';
import { buffersOf } from './dispatch.ts';
import { checkFits } from './fits.ts';
import { isStored, unshaped } from './graph.ts';
import { LARGE_BUFFER } from './limits.ts';
import { lowerAll } from './lowering.ts';
import { originsOf } from './origins.ts';
import { place } from './placement.ts';
import { type InputTypes, Plan } from './plan.ts';
import { ALIGNMENT } from './storage.ts';
import { Tensor } from './tensor.ts';
import { trafficOf } from './traffic.ts';
import { checkTrace } from './updates.ts';
import { asBefore } from './variable.ts';
import { VirtualBuffers } from './virtual-buffers.ts';

/**
 * The result of a traced function: tensors that can be read after a run, and updates of variables, which run in the
 * listed order, each once. Outputs and the values of updates are computed from the variables as they were before the
 * step.
 */
export interface Trace {
  readonly outputs?: Readonly<Record<string, Tensor>> | undefined;
  readonly updates?: readonly Tensor[] | undefined;
}

/**
 * Traces `trace` once and compiles the result. The argument of `trace` contains a scalar tensor for every name in
 * `types`. One buffer holds the values of these tensors; every run writes it.
 */
export async function compile<Inputs extends InputTypes>(
  device: Device,
  types: Inputs,
  trace: (inputs: { readonly [Name in keyof Inputs]: Tensor }) => Trace,
): Promise<Plan<Inputs>> {
  const names = Object.keys(types);
  const { memory } = device;
  const buffer = names.length > 0 ? memory.buffer(names.length * ALIGNMENT, 'The inputs of a plan') : undefined;
  const tensors = names.map((name, i) => {
    const storage = { buffer: buffer!, offset: i * ALIGNMENT, bytes: ALIGNMENT };
    const tensor = new Tensor(device, [], types[name]!, { storage });
    tensor.input = name;
    return tensor;
  });
  try {
    const inputs = Object.fromEntries(tensors.map((tensor) => [tensor.input, tensor]));
    return await compileTrace(device, types, buffer, trace(inputs), tensors);
  } catch (error) {
    if (buffer !== undefined) memory.free(buffer);
    throw error;
  }
}

/** Computes the tensors that are not computed yet. Afterwards they are in memory and their graph is dropped. */
export async function evaluate(device: Device, tensors: readonly Tensor[]): Promise<void> {
  const missing = [...new Set(tensors.map(unshaped))].filter((tensor) => !isStored(tensor));
  if (missing.length === 0) return;
  const outputs = Object.fromEntries(missing.map((tensor, i) => [i, tensor]));
  const plan = await compileTrace(device, {}, undefined, { outputs });
  plan.run({});
  const kept = new Set<GPUBuffer>();
  missing.forEach((tensor, i) => {
    tensor.storage = plan.storageOf(String(i));
    tensor.origins ??= originsOf(tensor);
    tensor.node = undefined;
    kept.add(tensor.storage.buffer);
    device.memory.freeWith(tensor, tensor.storage.buffer);
  });
  plan.destroy(kept);
}

/** Runs all compiler passes in order. `inputBuffer` holds the values of `inputs`. */
async function compileTrace<Inputs extends InputTypes>(
  device: Device,
  types: Inputs,
  inputBuffer: GPUBuffer | undefined,
  trace: Trace,
  inputs: readonly Tensor[] = [],
): Promise<Plan<Inputs>> {
  const { faults, memory, pipelines } = device;
  faults.checkOpen();
  const outputs = Object.entries(trace.outputs ?? {}).map(([name, tensor]) => [name, asBefore(tensor)] as const);
  const updates = [...new Set(trace.updates)];
  const results = outputs.map(([, tensor]) => unshaped(tensor));
  checkTrace(device, results, updates, inputs);
  const buffers = new VirtualBuffers();
  const lowered = lowerAll(results, updates, buffers);
  const own = new Set(results.map((result) => buffers.of(result)));
  const placement = place(lowered, own);
  const { dispatches } = placement;
  checkFits(device, dispatches);
  const { value: allocation, fault } = faults.scoped('out-of-memory', () => allocate(memory, placement, own));

  // Storage is looked up before the wait, because another plan may compute one of the tensors meanwhile.
  const { storageOf } = allocation;
  const bound = dispatches.map(({ bindings }) =>
    bindings.map(({ binding, operand }) => ({ binding, storage: storageOf(operand) })),
  );
  const readable = outputs.map(
    ([name, tensor]) => [name, { size: tensor.size, storage: storageOf({ buffer: buffers.of(tensor) }) }] as const,
  );
  const used = new Set(dispatches.flatMap(buffersOf));
  const compiled = await Promise.all([
    pipelines.of(dispatches),
    allocation.memory.allocated < LARGE_BUFFER ? faults.blame(fault) : faults.raise(fault),
    memory.sound([...used].flatMap(({ storage }) => (storage === undefined ? [] : [storage.buffer]))),
  ])
    .finally(() => faults.checkOpen())
    .then(
      ([all]) => all,
      (error: unknown) => {
        for (const buffer of allocation.buffers) memory.free(buffer);
        throw error;
      },
    );
  const commands = dispatches.map((dispatch, i) => {
    const { name, shapes, multiplyAdds, workgroups } = dispatch;
    const pipeline = compiled[i]!;
    const bindGroup = pipelines.bindGroup(pipeline, bound[i]!);
    return { name, shapes, multiplyAdds, traffic: trafficOf(dispatch), pipeline, bindGroup, workgroups };
  });
  return new Plan<Inputs>(device, {
    memory: allocation.memory,
    commands,
    outputs: new Map(readable),
    buffers: inputBuffer === undefined ? allocation.buffers : [...allocation.buffers, inputBuffer],
    operands: buffers.operandsIn(used),
    types,
    inputBuffer,
  });
}
