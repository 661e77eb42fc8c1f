import { EXPERIMENTS } from '@hourglass/experiments';
import { type Device, sizeOf } from '@hourglass/tensor';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect } from 'vitest';
import { onnxFiles, type TrainedAutoencoder } from '../src/index.ts';
import {
  embedded,
  everyLayer,
  outputSizes,
  ownNames,
  REPORT,
  report,
  samples,
  series,
  shipped,
  variational,
} from './models.ts';
import { difference, type Outputs, outputsOf, TOLERANCE } from './outputs.ts';

type Models = Readonly<Record<string, (device: Device) => TrainedAutoencoder | Promise<TrainedAutoencoder>>>;

/** The trained models that leave: those that ship, and the report's own. */
export const TRAINED: Models = {
  ...Object.fromEntries([...EXPERIMENTS.keys()].map((id) => [id, () => shipped(id)])),
  ...Object.fromEntries(REPORT.map((id) => [`${id} of the report`, () => report(id)])),
};

/** Small ones with made-up weights. */
export const MADE_UP: Models = {
  'series dense': (device) => series(device, 'dense'),
  'series conv': (device) => series(device, 'conv'),
  'every layer': everyLayer,
  'output sizes': outputSizes,
  variational,
  embedded,
  'own names': ownNames,
};

/** A model, what goes in, and what comes out. */
export interface Case {
  readonly model: TrainedAutoencoder;
  readonly rows: Float32Array;
  /** The rows before they were scaled. */
  readonly raw: Float32Array;
  /** By the engine. */
  readonly expected: Outputs;
}
/** The cases of these models, each made once. */
export function casesOf(models: Models, device: () => Device): (name: string) => Promise<Case> {
  const made = new Map<string, Promise<Case>>();
  return (name) => {
    const found = made.get(name) ?? makeCase(models[name]!, device());
    made.set(name, found);
    return found;
  };
}

async function makeCase(make: Models[string], device: Device): Promise<Case> {
  const model = await make(device);
  const rows = samples(model, sizeOf(model.encoder.inputShape) > 10_000 ? 2 : 3);
  const expected = await outputsOf(device, model, rows);
  const { detector } = model;
  if (detector === undefined) return { model, rows, raw: rows, expected };
  const { offset, unit } = detector;
  const raw = rows.map((value, i) => value * unit[i % unit.length]! + offset[i % offset.length]!);
  // Between the errors, so that both verdicts occur.
  const threshold = expected.errors.reduce((sum, error) => sum + error) / expected.errors.length;
  return { model: { ...model, detector: { ...detector, threshold } }, rows, raw, expected };
}

export function expectEqual(what: string, actual: Float32Array, expected: Float32Array): void {
  expect(difference(actual, expected), what).toBeLessThan(TOLERANCE);
}

async function inRuntime(file: Uint8Array, rows: Float32Array, shape: readonly number[]) {
  const session = await InferenceSession.create(file);
  const input = new Tensor('float32', rows, [rows.length / sizeOf(shape), ...shape]);
  return session.run({ [session.inputNames[0]!]: input });
}

const numbers = (value: { readonly data: unknown } | undefined): Float32Array => value!.data as Float32Array;

/** Runs the files of ONNX, and holds what they give against the engine's. */
export async function expectOnnx({ model, rows, raw, expected }: Case): Promise<void> {
  const { encoder, decoder, detector } = model;
  const files = onnxFiles(model);
  expect([...files.keys()]).toEqual(['encoder.onnx', 'decoder.onnx', 'model.onnx']);

  const encoded = await inRuntime(files.get('encoder.onnx')!, rows, encoder.inputShape);
  expectEqual('code', numbers(encoded.code), expected.codes);
  const { logVariances } = expected;
  if (logVariances.length > 0) expectEqual('log_variance', numbers(encoded.log_variance), logVariances);
  const decoded = await inRuntime(files.get('decoder.onnx')!, expected.codes, decoder.inputShape);
  expectEqual('decoded', numbers(Object.values(decoded)[0]), expected.samples);
  const whole = await inRuntime(files.get('model.onnx')!, raw, encoder.inputShape);
  expectEqual('reconstruction', numbers(whole.reconstruction), expected.samples);
  if (detector === undefined) return;
  expectEqual('error', numbers(whole.error), expected.errors);
  const verdicts = Array.from(expected.errors, (error) => error > detector.threshold);
  expect(new Set(verdicts).size).toBe(2);
  expect(Array.from(whole.abnormal!.data as Uint8Array, Boolean)).toEqual(verdicts);
}
