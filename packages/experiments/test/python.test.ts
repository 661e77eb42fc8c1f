import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readSafetensors, type StoredTensor, Weights, writeSafetensors } from '@hourglass/nn';
import { openDevice } from '@hourglass/node';
import { type Device, sizeOf, uniformOnHost } from '@hourglass/tensor';
import { findPython } from '@hourglass/testing/python';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Autoencoder, EXPERIMENTS } from '../src/index.ts';

const python = findPython('numpy', 'torch');
const skipped = python === undefined ? ' (SKIPPED: no Python here has PyTorch)' : '';
if (python === undefined) console.warn('SKIPPED: docs/python.md against PyTorch; no Python here has it');

let folder: string;
let device: Device;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'python-'));
  device = await openDevice();
  const page = await readFile(new URL('../../../docs/python.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```python\n([\s\S]*?)```/g)].map(([, code]) => code);
  await writeFile(join(folder, 'page.py'), blocks.join('\n'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Weights that all differ from their initial values, so that swapped or missing ones show. */
async function madeUpWeights({
  encoder,
  decoder,
}: Autoencoder): Promise<{ weights: Weights; stored: Map<string, StoredTensor> }> {
  const weights = new Weights(device, [encoder, decoder], 0);
  const stored = new Map<string, StoredTensor>();
  for (const [step, [name, { shape, data }]] of [...(await weights.read())].entries()) {
    const noise = uniformOnHost(data.length, { seed: 1, step });
    stored.set(name, { shape, data: data.map((value, i) => value + 0.1 * (2 * noise[i]! - 1)) });
  }
  weights.write(stored, 'the test');
  return { weights, stored };
}

interface Case {
  readonly id: string;
  readonly through: 'encoder' | 'decoder' | 'both';
  /** An expression in `w` (weights) and `x` (two samples or codes, flat). */
  readonly expression: string;
}

const CASES: readonly Case[] = [
  { id: 'ecg', through: 'both', expression: 'ecg(w, x.reshape(2, 140))' },
  { id: 'fashion', through: 'encoder', expression: 'encode(w, x.reshape(2, 1, 28, 28))' },
  { id: 'fashion', through: 'decoder', expression: 'decode(w, x.reshape(2, 2))' },
];

/**
 * Applies the page's functions to NAME.safetensors and NAME.in, and writes NAME.out. One process, because PyTorch loads
 * slowly.
 */
async function runPython(jobs: readonly { name: string; expression: string }[]): Promise<void> {
  const lines = jobs.flatMap(({ name, expression }) => [
    `w, x = load('${name}.safetensors'), torch.from_numpy(numpy.fromfile('${name}.in', '<f4'))`,
    `(${expression}).contiguous().numpy().tofile('${name}.out')`,
  ]);
  await writeFile(join(folder, 'run.py'), ['from page import *', ...lines].join('\n'));
  await promisify(execFile)(python!, ['run.py'], { cwd: folder });
}

async function inEngine(
  model: Autoencoder,
  weights: Weights,
  input: Float32Array,
  through: 'encoder' | 'decoder' | 'both',
) {
  const lookup = (name: string) => weights.get(name);
  let x = device.tensor(input, [2, ...(through === 'decoder' ? model.decoder : model.encoder).inputShape]);
  if (through !== 'decoder') x = model.encoder.apply(x, lookup, { training: false });
  if (through !== 'encoder') x = model.decoder.apply(x, lookup, { training: false });
  return x.data();
}

/** float32 sums in another order: 3 136 terms of at most about 1, so √3136 · 2^-24 each way, with a margin. */
const TOLERANCE = 2e-5;

function expectClose(name: string, actual: Float32Array, expected: Float32Array): void {
  expect(actual.length, name).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)));
  expect(worst / scale, name).toBeLessThan(TOLERANCE);
  expect(new Set(expected).size, name).toBeGreaterThan(2); // a model that saturates would hide everything
}

test.skipIf(python === undefined)(`docs/python.md gives the same numbers as this engine${skipped}`, async () => {
  const jobs: { name: string; expression: string; expected: Float32Array }[] = [];
  for (const { id, through, expression } of CASES) {
    const experiment = EXPERIMENTS.get(id)!;
    const model = experiment.build({ latent: experiment.latent });
    const { weights, stored } = await madeUpWeights(model);
    const half = through === 'decoder' ? model.decoder : model.encoder;
    const input = uniformOnHost(2 * sizeOf(half.inputShape), { seed: 2 });
    for (const dtype of ['F32', 'F16'] as const) {
      const name = `${id}-${through}-${dtype}`;
      const bytes = writeSafetensors(stored, { format: 'pt' }, { dtype });
      await writeFile(join(folder, `${name}.safetensors`), bytes);
      await writeFile(join(folder, `${name}.in`), input);
      weights.write(readSafetensors(bytes, name).tensors, name);
      jobs.push({ name, expression, expected: await inEngine(model, weights, input, through) });
    }
  }
  await runPython(jobs);
  for (const { name, expected } of jobs) {
    const bytes = new Uint8Array(await readFile(join(folder, `${name}.out`)));
    expectClose(name, new Float32Array(bytes.buffer), expected);
  }
});
