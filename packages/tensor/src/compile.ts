import { allocate } from './allocation.ts';
import type { Device } from './device.ts';
import { buffersOf } from './dispatch.ts';
import { checkFits } from './fits.ts';
import { unshaped } from './graph.ts';
import { LARGE_BUFFER } from './limits.ts';
import { lowerAll } from './lowering.ts';
import { place } from './placement.ts';
import { type InputTypes, Plan } from './plan.ts';
import type { Tensor } from './tensor.ts';
import { trafficOf } from './traffic.ts';
import { checkTrace } from './updates.ts';
import { asBefore } from './variable.ts';
import { VirtualBuffers } from './virtual-buffers.ts';

/**
 * What a traced function gives back: tensors that can be read after a run, and updates of variables, made in this order and each
 * once. Outputs, like the values of updates, are computed from the variables as they were before the step.
 */
export interface Trace {
  readonly outputs?: Readonly<Record<string, Tensor>>;
  readonly updates?: readonly Tensor[];
}

/** Compiles what a function returned. `inputBuffer` backs the tensors that it was given for `types`. */
export async function compile<Inputs extends InputTypes>(
  device: Device,
  types: Inputs,
  inputBuffer: GPUBuffer | undefined,
  trace: Trace,
): Promise<Plan<Inputs>> {
  const outputs = Object.entries(trace.outputs ?? {}).map(([name, tensor]) => [name, asBefore(tensor)] as const);
  const updates = [...new Set(trace.updates)];
  const results = outputs.map(([, tensor]) => unshaped(tensor));
  checkTrace(device, results, updates);
  const buffers = new VirtualBuffers();
  const lowered = lowerAll(results, updates, buffers);
  const own = new Set(results.map((result) => buffers.of(result)));
  const placement = place(lowered, own);
  const { dispatches } = placement;
  checkFits(device, dispatches);
  const { value: allocation, fault } = device.scoped('out-of-memory', () => allocate(device, placement, own));

  // All that depends on where tensors lie is settled before the wait: meanwhile one of them may be computed elsewhere.
  const { storageOf } = allocation;
  const bound = dispatches.map(({ bindings }) =>
    bindings.map(({ binding, operand }) => ({ binding, storage: storageOf(operand) })),
  );
  const readable = outputs.map(
    ([name, tensor]) => [name, { size: tensor.size, storage: storageOf({ buffer: buffers.of(tensor) }) }] as const,
  );
  const used = new Set(dispatches.flatMap(buffersOf));
  const pipelines = await Promise.all([
    device.pipelines.of(dispatches),
    allocation.memory.allocated < LARGE_BUFFER ? device.blame(fault) : device.raise(fault),
    device.sound([...used].flatMap(({ storage }) => (storage === undefined ? [] : [storage.buffer]))),
  ]).then(
    ([compiled]) => compiled,
    (error: unknown) => {
      for (const buffer of allocation.buffers) device.free(buffer);
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
    buffers: inputBuffer === undefined ? allocation.buffers : [...allocation.buffers, inputBuffer],
    operands: buffers.operandsIn(used),
    types,
    inputBuffer,
  });
}
