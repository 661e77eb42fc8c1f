import type { Device } from './device.ts';
import { type Command, encode, type InputTypes, type Plan } from './plan.ts';
import type { Shape } from './shape.ts';
import type { Traffic } from './traffic.ts';

/** The time that one kernel call of a plan takes, and its work. */
export interface KernelTime {
  /** Its operation, and its task in that operation. */
  readonly name: string;
  /** The shapes of the operation's first input and its result. */
  readonly shapes: readonly Shape[];
  readonly milliseconds: number;
  readonly multiplyAdds: number;
  readonly traffic: Traffic;
}

/** A query set holds 4096 timestamps. */
const MOST_AT_ONCE = 2048;
const QUERY_USAGE = 0x200 | 0x4; // QUERY_RESOLVE | COPY_SRC

/**
 * Runs a plan once and times each kernel call. If the adapter supports timestamps, each call runs in a separate pass
 * between two timestamps. Otherwise each call is submitted and waited for separately, which includes the round trip to
 * the GPU. The results are the same as from {@link Plan.run}.
 * @throws as {@link Plan.run}, and DeviceError if the device is lost or out of memory
 */
export async function profile<Inputs extends InputTypes>(
  plan: Plan<Inputs>,
  values: Readonly<Record<keyof Inputs, number>>,
): Promise<KernelTime[]> {
  plan.write(values);
  const time = plan.device.gpu.features.has('timestamp-query') ? byTimestamp : byWaiting;
  const times: number[] = [];
  for (let start = 0; start < plan.commands.length; start += MOST_AT_ONCE) {
    times.push(...(await time(plan.device, plan.commands.slice(start, start + MOST_AT_ONCE))));
  }
  return plan.commands.map(({ name, shapes, multiplyAdds, traffic }, i) => {
    return { name, shapes, milliseconds: times[i]!, multiplyAdds, traffic };
  });
}

async function byTimestamp(device: Device, commands: readonly Command[]): Promise<number[]> {
  const { gpu } = device;
  const count = 2 * commands.length;
  const querySet = gpu.createQuerySet({ type: 'timestamp', count });
  const buffer = gpu.createBuffer({ size: count * 8, usage: QUERY_USAGE });
  device.queue.submit((encoder) => {
    commands.forEach((command, i) => {
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
      });
      encode(pass, command);
      pass.end();
    });
    encoder.resolveQuerySet(querySet, 0, count, buffer, 0);
  });
  const stamps = new BigUint64Array(await device.readBack.read({ buffer, offset: 0, bytes: count * 8 }, count * 8));
  querySet.destroy();
  buffer.destroy();
  return commands.map((_, i) => Number(stamps[2 * i + 1]! - stamps[2 * i]!) / 1e6);
}

async function byWaiting(device: Device, commands: readonly Command[]): Promise<number[]> {
  const times: number[] = [];
  await device.finished();
  for (const command of commands) {
    const start = performance.now();
    device.queue.submit((encoder) => {
      const pass = encoder.beginComputePass();
      encode(pass, command);
      pass.end();
    });
    await device.finished();
    times.push(performance.now() - start);
  }
  return times;
}
