import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { EXPERIMENTS } from '@hourglass/experiments';
import { dense, embedding, flatten, Sequential } from '@hourglass/nn';
import { type Device, sizeOf } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { findPython } from '@hourglass/testing/python';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kerasFiles, onnxFiles, type TrainedAutoencoder, torchFiles } from '../src/index.ts';
import { ModelProtoSchema, type TypeProto_Tensor } from '../src/onnx/onnx_pb.ts';
import { everyLayer, outputSizes, REPORT, report, samples, series, shipped } from './models.ts';
import { difference, type Outputs, outputsOf, TOLERANCE } from './outputs.ts';

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

/** The models that leave. */
const MODELS: Readonly<Record<string, (device: Device) => TrainedAutoencoder | Promise<TrainedAutoencoder>>> = {
  ...Object.fromEntries([...EXPERIMENTS.keys()].map((id) => [id, () => shipped(id)])),
  ...Object.fromEntries(REPORT.map((id) => [`${id} of the report`, () => report(id)])),
  'series dense': (device) => series(device, 'dense'),
  'series conv': (device) => series(device, 'conv'),
  'every layer': everyLayer,
  'output sizes': outputSizes,
};
const NAMES = Object.keys(MODELS);
const FOR_KERAS = NAMES.filter((name) => name !== 'output sizes');

let device: Device;
let folder: string;
beforeAll(async () => {
  device = await openDevice();
  folder = await mkdtemp(join(tmpdir(), 'export-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Case {
  readonly model: TrainedAutoencoder;
  readonly rows: Float32Array;
  /** The rows before they were scaled. */
  readonly raw: Float32Array;
  /** By the engine. */
  readonly expected: Outputs;
}
const cases = new Map<string, Promise<Case>>();

function caseOf(name: string): Promise<Case> {
  const found = cases.get(name) ?? makeCase(name);
  cases.set(name, found);
  return found;
}

async function makeCase(name: string): Promise<Case> {
  const model = await MODELS[name]!(device);
  const rows = samples(model, name.startsWith('cartoon') ? 2 : 3);
  const expected = await outputsOf(device, model, rows);
  const { detector } = model;
  if (detector === undefined) return { model, rows, raw: rows, expected };
  const { offset, unit } = detector;
  const raw = rows.map((value, i) => value * unit[i % unit.length]! + offset[i % offset.length]!);
  // Between the errors, so that both verdicts occur.
  const threshold = expected.errors.reduce((sum, error) => sum + error) / expected.errors.length;
  return { model: { ...model, detector: { ...detector, threshold } }, rows, raw, expected };
}

function expectEqual(what: string, actual: Float32Array, expected: Float32Array): void {
  expect(difference(actual, expected), what).toBeLessThan(TOLERANCE);
}

async function inRuntime(file: Uint8Array, rows: Float32Array, shape: readonly number[]) {
  const session = await InferenceSession.create(file);
  const input = new Tensor('float32', rows, [rows.length / sizeOf(shape), ...shape]);
  return session.run({ [session.inputNames[0]!]: input });
}

const numbers = (value: { readonly data: unknown } | undefined): Float32Array => value!.data as Float32Array;

test.each(NAMES)('ONNX Runtime computes what the engine does: %s', async (name) => {
  const { model, rows, raw, expected } = await caseOf(name);
  const { encoder, decoder, detector } = model;
  const files = onnxFiles(model);
  expect([...files.keys()]).toEqual(['encoder.onnx', 'decoder.onnx', 'model.onnx']);

  const encoded = await inRuntime(files.get('encoder.onnx')!, rows, encoder.inputShape);
  expectEqual('code', numbers(encoded.code), expected.codes);
  if (encoded.log_variance) expectEqual('log_variance', numbers(encoded.log_variance), expected.logVariances);
  const decoded = await inRuntime(files.get('decoder.onnx')!, expected.codes, decoder.inputShape);
  expectEqual('decoded', numbers(Object.values(decoded)[0]), expected.samples);
  const whole = await inRuntime(files.get('model.onnx')!, raw, encoder.inputShape);
  expectEqual('reconstruction', numbers(whole.reconstruction), expected.samples);
  if (detector === undefined) return;
  expectEqual('error', numbers(whole.error), expected.errors);
  const verdicts = Array.from(expected.errors, (error) => error > detector.threshold);
  expect(new Set(verdicts).size).toBe(2);
  expect(Array.from(whole.abnormal!.data as Uint8Array, Boolean)).toEqual(verdicts);
});

test('the files of ONNX say what they are', async () => {
  const { model } = await caseOf('ecg');
  const { offset, unit, threshold } = model.detector!;
  for (const [file, bytes] of onnxFiles(model)) {
    const about = fromBinary(ModelProtoSchema, bytes);
    const [part] = file.split('.');
    expect(about).toMatchObject({
      ...{
        irVersion: 8n,
        opsetImport: [{ domain: '', version: 17n }],
        producerName: 'hourglass',
        producerVersion: '1.2.3',
      },
      graph: { name: `ecg.${part}` },
    });
    expect(Object.fromEntries(about.metadataProps.map(({ key, value }) => [key, value]))).toEqual({
      ...{ producer: 'hourglass 1.2.3', experiment: 'ecg', title: model.title, part },
      ...{ range: JSON.stringify({ offset, unit }), scaling: '(raw - offset) / unit', threshold: String(threshold) },
    });
    for (const { name, type } of [...about.graph!.input, ...about.graph!.output])
      expect((type!.value.value as TypeProto_Tensor).shape!.dim[0]!.value.value, `${file}: ${name}`).toBe('batch');
  }
});

test('a layer that nobody else has is named', () => {
  const encoder = new Sequential('encoder', [3], [embedding({ count: 4, units: 2 }), flatten(), dense(2)]);
  const decoder = new Sequential('decoder', [2], [dense(3)]);
  const named = [encoder, decoder].flatMap(({ weights }) => weights);
  const tensors = new Map(named.map(({ name, shape }) => [name, { shape, data: new Float32Array(sizeOf(shape)) }]));
  const model = { experiment: 'test', title: 'Test', version: '1.2.3', encoder, decoder, tensors };
  const message = /no counterpart of encoder\.embedding \(Embedding\)/;
  expect(() => onnxFiles(model)).toThrow(message);
  expect(() => torchFiles(model)).toThrow(message);
  return expect(kerasFiles(model)).rejects.toThrow(message);
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
  const path = new URL(`./${program}`, import.meta.url).pathname;
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
