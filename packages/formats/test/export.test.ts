import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Device } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { findPython } from '@hourglass/testing/python';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kerasFiles, onnxFiles, type TrainedAutoencoder, torchFiles } from '../src/index.ts';
import { casesOf, expectEqual, expectOnnx, MADE_UP, TRAINED } from './cases.ts';

const [withTorch, withKeras, withOnnx] = [
  findPython('numpy', 'torch'),
  findPython('numpy', 'keras', 'tensorflow'),
  findPython('onnx'),
];
const skipped = (python: string | undefined, name: string): string => {
  if (python !== undefined) return '';
  console.warn(`SKIPPED: exported models in ${name}; no Python here has it (PYTHON may name one)`);
  return ` (SKIPPED: no Python here has ${name})`;
};

const MODELS = { ...TRAINED, ...MADE_UP };
const NAMES = Object.keys(MODELS);
const FOR_KERAS = NAMES.filter((name) => name !== 'output sizes');

let device: Device;
let folder: string;
beforeAll(async () => {
  device = await openDevice();
  folder = await mkdtemp(join(tmpdir(), 'export-'));
});
afterAll(() => rm(folder, { recursive: true }));

const caseOf = casesOf(MODELS, () => device);

test.each(Object.keys(TRAINED))('ONNX Runtime computes what the engine does: %s', async (name) => {
  await expectOnnx(await caseOf(name));
});

/** Writes what a format and its test take, and runs a program over all models. Answers for each how to read what came out. */
async function runPython(
  python: string,
  program: string,
  names: readonly string[],
  write: (model: TrainedAutoencoder) => Map<string, Uint8Array> | Promise<Map<string, Uint8Array>>,
): Promise<(name: string, file: string) => Promise<Float32Array>> {
  const place = (name: string): string => join(folder, `${program}-${name}`);
  const jobs: unknown[] = [];
  for (const name of names) {
    const { model, rows, raw, expected } = await caseOf(name);
    await mkdir(place(name));
    const inputs = { rows, raw, codes: expected.codes };
    for (const [file, content] of [...(await write(model)), ...Object.entries(inputs)])
      await writeFile(join(place(name), file), content);
    jobs.push([place(name), model.encoder.inputShape, model.decoder.inputShape]);
  }
  const path = fileURLToPath(new URL(program, import.meta.url));
  const { status, stderr } = spawnSync(python, [path], { input: JSON.stringify(jobs), encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return async (name, file) => {
    const bytes = new Uint8Array(await readFile(join(place(name), file)));
    return new Float32Array(bytes.buffer);
  };
}

test.skipIf(withTorch === undefined)(
  `PyTorch computes what the engine does${skipped(withTorch, 'PyTorch')}`,
  async () => {
    const read = await runPython(withTorch!, 'run_torch.py', NAMES, torchFiles);
    for (const name of NAMES) {
      const { model, expected } = await caseOf(name);
      expectEqual(`${name}: encoded`, await read(name, 'encoded.torch'), expected.encoded);
      expectEqual(`${name}: decoded`, await read(name, 'decoded.torch'), expected.samples);
      expectEqual(`${name}: whole`, await read(name, 'whole.torch'), expected.samples);
      if (model.detector === undefined) continue;
      const verdicts = await read(name, 'verdicts.torch');
      const count = expected.errors.length;
      expectEqual(`${name}: errors`, verdicts.subarray(0, count), expected.errors);
      const { threshold } = model.detector;
      expect([...verdicts.subarray(count)]).toEqual(Array.from(expected.errors, (error) => Number(error > threshold)));
    }
  },
);

test.skipIf(withKeras === undefined)(`Keras computes what the engine does${skipped(withKeras, 'Keras')}`, async () => {
  const read = await runPython(withKeras!, 'run_keras.py', FOR_KERAS, kerasFiles);
  for (const name of FOR_KERAS) {
    const { expected } = await caseOf(name);
    expectEqual(`${name}: encoded`, await read(name, 'encoded.keras-out'), expected.encoded);
    expectEqual(`${name}: decoded`, await read(name, 'decoded.keras-out'), expected.samples);
    expectEqual(`${name}: whole`, await read(name, 'whole.keras-out'), expected.samples);
  }
});

test.skipIf(withOnnx === undefined)(`ONNX's checker passes every file${skipped(withOnnx, 'ONNX')}`, async () => {
  const paths: string[] = [];
  for (const name of NAMES) {
    const { model } = await caseOf(name);
    for (const [file, bytes] of onnxFiles(model)) {
      paths.push(join(folder, `${name}-${file}`));
      await writeFile(paths.at(-1)!, bytes);
    }
  }
  const program =
    'import json, sys, onnx\nfor path in json.load(sys.stdin): onnx.checker.check_model(onnx.load(path), full_check=True)';
  const { status, stderr } = spawnSync(withOnnx!, ['-c', program], { input: JSON.stringify(paths), encoding: 'utf8' });
  expect(status, stderr).toBe(0);
});
