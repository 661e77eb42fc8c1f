import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { proceduralEcg } from '@hourglass/datasets';
import { readSafetensors, writeSafetensors } from '@hourglass/nn';
import { uniformOnHost } from '@hourglass/tensor';
import { findPython } from '@hourglass/testing/python';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seriesAutoencoder } from '../../experiments/src/series/model.ts';
import { bundleCli, type Cli, said, writeSmallBeats } from './cli.ts';

let cli: Cli;
beforeAll(async () => {
  cli = await bundleCli();
});
afterAll(() => cli.remove());

async function json(args: string): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await cli.run([...args.split(' '), '--json']);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

const shipped = async (id: string) => {
  const path = new URL(`../../experiments/checkpoints/${id}/model.safetensors`, import.meta.url);
  return readSafetensors(await readFile(path), id);
};

/** Errors and verdicts of raw rows, by the file in a folder. */
async function inRuntime(folder: string, rows: Float32Array, shape: readonly number[]) {
  const session = await InferenceSession.create(await readFile(join(cli.home, folder, 'model.onnx')));
  const { error, abnormal } = await session.run({ series: new Tensor('float32', rows, shape) });
  return Array.from(error!.data as Float32Array, (value, i) => ({
    error: value,
    abnormal: Boolean((abnormal!.data as Uint8Array)[i]),
  }));
}

/** float32 sums in another order, of some hundred terms below 1. */
const PLACES = 6;
function expectVerdicts(
  actual: readonly { readonly error: number; readonly abnormal: boolean }[],
  expected: readonly { readonly error: number; readonly abnormal: boolean }[],
): void {
  expect(actual.map(({ abnormal }) => abnormal)).toEqual(expected.map(({ abnormal }) => abnormal));
  for (const [i, { error }] of expected.entries()) expect(actual[i]!.error).toBeCloseTo(error, PLACES);
  expect(new Set(expected.map(({ abnormal }) => abnormal)).size).toBe(2);
}

describe('the model.onnx of a detector says what detect says', () => {
  test('of heartbeats', async () => {
    const result = await json('export ecg --to onnx --out beats');
    const names = ['encoder', 'decoder', 'model'].map((name) => join(cli.home, 'beats', `${name}.onnx`));
    expect(result).toMatchObject({ experiment: 'ecg', to: 'onnx', files: names });
    const { minimum, maximum, threshold } = JSON.parse((await shipped('ecg')).metadata['hourglass.calibration']!);
    expect(result.detector).toEqual({ offset: [minimum], unit: [maximum - minimum], threshold, score: 'mae' });

    const { values } = proceduralEcg({ count: 60 }).test;
    const rows = Array.from({ length: values.length / 140 }, (_, i) => values.subarray(i * 140, (i + 1) * 140));
    await writeFile(join(cli.home, 'beats.csv'), rows.map((row) => row.join(',')).join('\n'));
    const { beats } = await json('detect ecg --input beats.csv');
    expectVerdicts(await inRuntime('beats', values, [rows.length, 140]), beats as never);
  });

  test('of series of one’s own', async () => {
    const [window, count] = [20, 30];
    const { encoder, decoder } = seriesAutoencoder({ model: 'dense', window, channels: 1 }, 3);
    const tensors = [encoder, decoder]
      .flatMap(({ weights }) => weights)
      .map(({ name, shape }, step) => {
        const noise = uniformOnHost(
          shape.reduce((size, extent) => size * extent, 1),
          { seed: 3, step },
        );
        return [name, { shape, data: noise.map((value) => value - 0.5) }] as [
          string,
          { shape: number[]; data: Float32Array },
        ];
      });
    const detector = {
      ...{ window, stride: window, layout: 'series', model: 'dense', latent: 3, channels: ['v'] },
      ...{ scaling: { offset: [100], unit: [4] }, threshold: 1.2, reading: { layout: 'series' } },
    };
    const metadata = { 'hourglass.experiment': 'series', 'hourglass.series': JSON.stringify(detector) };
    await writeFile(join(cli.home, 'series.safetensors'), writeSafetensors(tensors, metadata));
    const values = uniformOnHost(window * count, { seed: 4 }).map(
      (value, i) => 100 + 10 * (value - 0.5) * (1 + (i % window) / window),
    );
    const rows = Array.from({ length: count }, (_, i) => values.subarray(i * window, (i + 1) * window));
    await writeFile(join(cli.home, 'series.csv'), rows.map((row) => row.join(',')).join('\n'));

    await json('export series --weights series.safetensors --to onnx --out series');
    const { verdicts } = await json('detect series --weights series.safetensors --input series.csv');
    const expected = (verdicts as { score: number; abnormal: boolean }[]).map(({ score, abnormal }) => ({
      error: score,
      abnormal,
    }));
    expectVerdicts(await inRuntime('series', values, [count, window, 1]), expected);
  });
});

test('Keras’s archives come back as the weights they were made of', async () => {
  await json('export fashion-vae --to keras --out keras');
  for (const [name, files] of [
    ['whole', 'keras/model.keras'],
    ['halves', 'keras/decoder.keras keras/encoder.keras'],
  ]) {
    await json(`convert ${files} --as fashion-vae --out ${name}.safetensors`);
    const { tensors } = readSafetensors(await readFile(join(cli.home, `${name}.safetensors`)), name!);
    expect(tensors).toEqual((await shipped('fashion-vae')).tensors);
  }
});

test('weights of Keras are a detector after the training split of the data', async () => {
  await writeSmallBeats(join(cli.home, 'ecg.csv'));
  await json('export ecg --to keras --out bare');
  const result = await json('export ecg --weights bare/model.keras --data ecg.csv --to torch --out torch');
  const { threshold } = await json('detect ecg --weights bare/model.keras --data ecg.csv --input beats.csv');
  expect(result.detector).toMatchObject({ threshold });
  const module = await readFile(join(cli.home, 'torch', 'model.py'), 'utf8');
  expect(module).toContain(`threshold = ${threshold}`);
});

describe('the programs of docs/export.md run as they stand', () => {
  const shape = /2, ?(28, ?28, ?1|1, ?28, ?28)/;
  const withKeras = findPython('keras', 'tensorflow');
  const withTorch = findPython('torch', 'safetensors');
  const skipped = (python: string | undefined, packages: string): string => {
    if (python !== undefined) return '';
    console.warn(`SKIPPED: a program of docs/export.md; no Python here has ${packages} (PYTHON may name one)`);
    return ` (SKIPPED: no Python here has ${packages})`;
  };
  const program = async (language: string, word: string): Promise<string> => {
    const page = await readFile(new URL('../../../docs/export.md', import.meta.url), 'utf8');
    const blocks = [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)];
    return blocks.find(([, name, text]) => name === language && text!.includes(word))![2]!;
  };
  const run = (command: string, args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: cli.home, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    return stdout;
  };

  test('in Node', async () => {
    await json('export fashion --to onnx --out fashion-onnx');
    // Beside the packages of this one, where onnxruntime-node is.
    const folder = await mkdtemp(fileURLToPath(new URL('../node_modules/.export-', import.meta.url)));
    const path = join(folder, 'program.mjs');
    await writeFile(path, await program('js', 'onnxruntime'));
    expect(run(process.execPath, [path])).toMatch(shape);
    await rm(folder, { recursive: true });
  });

  test.skipIf(withKeras === undefined)(`in Keras${skipped(withKeras, 'Keras')}`, async () => {
    await json('export fashion --to keras --out fashion-keras');
    expect(run(withKeras!, ['-c', await program('python', 'keras.models')])).toMatch(shape);
  });

  test.skipIf(withTorch === undefined)(`in PyTorch${skipped(withTorch, 'PyTorch and safetensors')}`, async () => {
    await json('export fashion --to torch --out fashion-torch');
    expect(run(withTorch!, ['-c', await program('python', 'import load')])).toMatch(shape);
  });
});

test.each([
  ['export fashon --to onnx --out x', 2, /'fashon'.*'fashion'/],
  ['export fashion --to onix --out x', 2, /'onix'.*'onnx'/],
  ['export fashion --out x', 2, /--to/],
  ['export fashion --to onnx', 2, /--out/],
  ['export series --to onnx --out x', 2, /train series.*--weights/],
  [
    'export ecg --weights keras/model.keras --to onnx --out x',
    2,
    /model\.keras: its layer 'encoder\/dense' has kernel \[3136, 2\].*but encoder\.dense needs kernel \[140, 32\]/,
  ],
  ['export ecg --to onnx --out beats.csv', 1, /beats\.csv.*can't be written/],
])('%s', async (args, code, message) => {
  const outcome = await cli.run(args.split(' '));
  expect(outcome).toMatchObject({ code, stdout: '' });
  expect(said(outcome.stderr).length).toBeLessThanOrEqual(2);
  expect(outcome.stderr).toMatch(message);
});
