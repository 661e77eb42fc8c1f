import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXPERIMENTS, productsOfStep } from '@hourglass/experiments';
import { requestAdapter } from '@hourglass/node';
import { Device, productKey, type Tuning } from '@hourglass/tensor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TuningFile } from '../src/model/tuning-file.ts';
import { bundleCli, type Cli, said, writeSmallBeats } from './cli.ts';

let cli: Cli;
let cache: string;
beforeAll(async () => {
  cli = await bundleCli();
  cache = await mkdtemp(join(tmpdir(), 'tuning-'));
  await writeSmallBeats(join(cli.home, 'ecg.csv'), 60);
});
afterAll(async () => {
  await cli?.remove();
  await rm(cache, { recursive: true, force: true });
});

const BATCH = 16;
const TILE = { kernel: 'direct', lanes: 16, pixels: 2, columns: 1, workgroups: 8 } as const;

/** A tuning for all products of a step of `ecg`, in which none has the table's tile. */
async function tuningOfEcg(): Promise<Tuning> {
  const { adapter, info } = await requestAdapter();
  const device = await Device.create(adapter, info.kind);
  const products = productsOfStep(device, EXPERIMENTS.get('ecg')!, { batchSize: BATCH });
  device.destroy();
  return Object.fromEntries(products.map((product) => [productKey(product), TILE]));
}

const opened = { adapter: { info: { vendor: 'v', architecture: 'a', description: 'driver 1' } }, info: { name: 'A' } };
const fileOf = (about: object, folder: string) =>
  new TuningFile({ ...opened, ...about } as unknown as ConstructorParameters<typeof TuningFile>[0], folder);

test('a tuning is used only for its own adapter and driver', async () => {
  const folder = join(cache, 'keyed');
  const tuning = { product: TILE };
  await fileOf({}, folder).write(tuning, () => expect.unreachable());
  const none = () => expect.unreachable();
  expect(await fileOf({}, folder).read(none)).toEqual(tuning);
  expect(await fileOf({ info: { name: 'B' } }, folder).read(none)).toEqual({});
  const driver = { adapter: { info: { ...opened.adapter.info, description: 'driver 2' } } };
  expect(await fileOf(driver, folder).read(none)).toEqual({});
});

test.each([
  ['cut short', '{"adapter": "A", "prod', /is ignored: it is not JSON\.$/],
  [
    'of other tiles',
    '{"products": {"a": {"kernel": "tiled"}}}',
    /is ignored: it contains no tiles that the kernels support\.$/,
  ],
  ['null', 'null', /is ignored: it contains no tiles/],
  [
    'of another adapter',
    '{"adapter": "B", "driver": "d", "engine": "9", "products": {}}',
    /is ignored: it is for B \(d\), engine 9\.$/,
  ],
])('a tuning file that is %s is ignored with a message', async (_, text, sentence) => {
  const file = fileOf({}, join(cache, 'bad'));
  await mkdir(join(cache, 'bad', 'tuning'), { recursive: true });
  await writeFile(file.path, text);
  const notes: string[] = [];
  expect(await file.read((note) => notes.push(note))).toEqual({});
  expect(notes).toHaveLength(1);
  expect(notes[0]).toMatch(sentence);
});

test('a folder that cannot be written only causes a message', async () => {
  const path = join(cache, 'a-file');
  await writeFile(path, '');
  const notes: string[] = [];
  await fileOf({}, path).write({}, (note) => notes.push(note));
  expect(notes).toHaveLength(1);
  expect(notes[0]).toMatch(/^The tuning can't be stored in .*a-file/);
});

test('a run uses the stored tiles, records them, and after resuming ends with the same bits', async () => {
  const folder = join(cache, 'train');
  const file = new TuningFile(await requestAdapter(), folder);
  const tuning = await tuningOfEcg();
  await file.write(tuning, () => expect.unreachable());
  const train = (...args: string[]) =>
    cli.run(['train', 'ecg', '--data', 'ecg.csv', '--cache-dir', folder, '--quiet', ...args]);
  const begin = (out: string, epochs: string, ...args: string[]) =>
    train('--batch', `${BATCH}`, '--epochs', epochs, '--out', out, ...args);

  expect((await begin('whole', '2')).code).toBe(0);
  expect((await begin('part', '1')).code).toBe(0);
  const config = JSON.parse(await readFile(join(cli.home, 'part/config.json'), 'utf8'));
  expect(config.tuning).toEqual(tuning);

  // The run's own tiles are used, whatever has been stored since.
  await file.write({}, () => expect.unreachable());
  expect((await train('--resume', 'part', '--epochs', '2')).code).toBe(0);
  const weights = (run: string) => readFile(join(cli.home, run, 'best.safetensors'));
  const bits = async (run: string) => {
    const bytes = await weights(run);
    return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0))); // after the header, which contains times
  };
  expect(await bits('part')).toEqual(await bits('whole'));

  expect((await begin('off', '1', '--tune', 'off')).code).toBe(0);
  expect(JSON.parse(await readFile(join(cli.home, 'off/config.json'), 'utf8')).tuning).toEqual({});
});

test('tune measures an experiment’s products and stores the fastest tiles', async () => {
  const folder = join(cache, 'tune');
  const { code, stdout, stderr } = await cli.run(['tune', 'ecg', '--batch', '4', '--cache-dir', folder, '--json']);
  expect(said(stderr)).toEqual([]);
  expect(code).toBe(0);
  const { adapter, file, experiments } = JSON.parse(stdout);
  const [{ experiment, batch, products, measured }] = experiments;
  expect({ experiment, batch, products }).toEqual({ experiment: 'ecg', batch: 4, products: 17 });
  expect(measured.length).toBeGreaterThan(0);
  for (const { milliseconds, usual } of measured) expect(milliseconds).toBeLessThanOrEqual(usual);
  const kept = JSON.parse(await readFile(file, 'utf8'));
  expect(kept.adapter).toBe(adapter);
  // A machine too slow to measure all products within the limit keeps the usual kernels for the rest.
  expect(Object.keys(kept.products)).toHaveLength(products);
  for (const { product } of measured) expect(kept.products).toHaveProperty([product]);
  expect(await readdir(join(folder, 'tuning'))).toHaveLength(1);
});

test.each([
  [['fashon'], /fashon.*fashion/],
  [['fashion', '--size', '64'], /--size is for cartoons/],
  [['cartoon', '--size', '100'], /--size must be one of 64, 128, 256, 512, not 100/],
])('tune %s is refused with a message', async (args, sentence) => {
  const { code, stderr } = await cli.run(['tune', ...args]);
  expect(code).toBe(2);
  expect(said(stderr)).toHaveLength(1);
  expect(stderr).toMatch(sentence);
});
