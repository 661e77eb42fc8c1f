import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DivergedError, decodeCheckpoint, type StoredTensor } from '@hourglass/nn';
import { Device, DeviceLostError } from '@hourglass/tensor';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { train } from '../src/commands/train.ts';
import { Messages } from '../src/io/messages.ts';
import type { TrainOptions } from '../src/run/settings.ts';
import { writeSmallBeats } from './cli.ts';

const create = Device.create.bind(Device);

let root: string;
let data: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'faults-'));
  data = join(root, 'ecg.csv');
  await writeSmallBeats(data);
});
afterAll(() => rm(root, { recursive: true }));

interface Outcome {
  readonly result: unknown;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly text: string;
  readonly devices: number;
}

/** Trains 2 epochs; `said` receives every line, and the devices used so far. */
async function run(
  out: string,
  said: (line: string, devices: readonly Device[]) => void = () => {},
  settings: Pick<TrainOptions, 'lr'> = {},
): Promise<Outcome> {
  const devices: Device[] = [];
  vi.spyOn(Device, 'create').mockImplementation(async (...args) => {
    devices.push(await create(...args));
    return devices.at(-1)!;
  });
  const lines: string[] = [];
  const write = (line: string): void => {
    lines.push(line);
    said(line, devices);
  };
  const options = { data, epochs: 2, batch: 5, out: join(root, out), ...settings };
  const result = await train('ecg', options, new Messages({ write })).catch((error: unknown) => error);
  const expected = [DeviceLostError, DivergedError].some((kind) => result instanceof kind);
  if (result instanceof Error && !expected) throw result;
  const { tensors } = decodeCheckpoint(await readFile(join(root, out, 'last.safetensors')), out).snapshot;
  return { result, tensors, text: lines.join(''), devices: devices.length };
}

/** WebGPU's error with this name, which is not a global in Node. */
class GPUOutOfMemoryError extends Error {}

const outOfMemory = (): Event => {
  const error = new GPUOutOfMemoryError('Failed to allocate memory for buffer.');
  return Object.assign(new Event('uncapturederror'), { error });
};

let whole: Outcome;
beforeAll(async () => {
  whole = await run('whole');
});

const FAULTS: readonly [name: string, hit: (device: Device) => void, message: RegExp][] = [
  [
    'lost',
    (device) => device.gpu.destroy(),
    /GPU device was lost \(.+\)\. Resuming from the last checkpoint, step (\d+),/,
  ],
  ['out of memory', (device) => device.gpu.dispatchEvent(outOfMemory()), /no memory left.*checkpoint, step (\d+),/],
];

test.each(FAULTS)(
  'after a device is %s in the second epoch, the run is resumed and ends with the same bits',
  async (out, hit, message) => {
    const { result, tensors, text, devices } = await run(out, (line, all) => {
      if (line.startsWith('Epoch 2/2') && all.length === 1) hit(all[0]!);
    });
    const { steps } = whole.result as { steps: number };
    expect(result).toMatchObject({ epochs: 2, steps });
    expect(Number(message.exec(text)?.[1])).toBe(steps / 2);
    expect(devices).toBe(2);
    expect(tensors).toEqual(whole.tensors);
  },
);

test('a second loss ends the run with a message, and its checkpoint is complete', async () => {
  const { result, tensors, text, devices } = await run('twice', (line, all) => {
    if (line.startsWith('Epoch')) all.at(-1)!.gpu.destroy();
  });
  expect(result).toBeInstanceOf(DeviceLostError);
  expect(String(result)).toMatch(/GPU device was lost/);
  expect(text).toMatch(/Resuming from the last checkpoint, step 0/);
  expect(devices).toBe(2);
  expect([...tensors.keys()]).toEqual([...whole.tensors.keys()]);
  for (const { data: values } of tensors.values()) expect(values.every(Number.isFinite)).toBe(true);
});

test('if a training diverges, step and operation are named, and the checkpoint before is kept', async () => {
  // Adam's first step moves every weight by the rate: the products of the second step overflow float32.
  const { result, tensors, text } = await run('diverged', () => {}, { lr: 1e30 });
  expect(result).toBeInstanceOf(DivergedError);
  expect(String(result)).toMatch(/diverged: .*step 2 \(epoch 1\) .*: \w+ of \[5(, \d+)+\] gives (NaN|-?Infinity)/);
  expect(text).toMatch(/last checkpoint, from before that step, is still in .*diverged\./);
  for (const { data: values } of tensors.values()) expect(values.every(Number.isFinite)).toBe(true);
});
