import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { proceduralFashion } from '@hourglass/datasets';
import { readSafetensors } from '@hourglass/nn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleCli, type Cli, said, writeSmallBeats } from './cli.ts';

/** A learning rate by which no float32 weight changes: the model has no batch normalisation, so that nothing does. */
const STILL = ['--lr', '1e-30'];

let cli: Cli;
beforeAll(async () => {
  cli = await bundleCli();
  await writeSmallBeats(join(cli.home, 'beats.csv'));
  await done(
    '--out',
    'runs/first',
    '--epochs',
    '3',
    '--batch',
    '8',
    '--log',
    'log.jsonl',
    '--optimizer',
    'adamw',
    '--loss',
    'mse',
  );
});
afterAll(() => cli.remove());

const train = (...args: string[]) => cli.run(['train', 'ecg', '--data', 'beats.csv', ...args]);
async function done(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await train(...args, '--json');
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}
async function expectRefusal(args: readonly string[], mention: RegExp): Promise<void> {
  const { code, stdout, stderr } = await cli.run(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(mention);
}
const metricsOf = async (run: string): Promise<number[][]> => {
  const [, ...lines] = (await readFile(join(cli.home, run, 'metrics.csv'), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => line.split(',').map(Number));
};

test('the log has a line of JSON for every epoch, and lines on the way', async () => {
  const lines = (await readFile(join(cli.home, 'log.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const epochs = lines.filter(({ event }) => event === 'epoch');
  expect(epochs.map(({ epochs, steps, loss, valLoss }) => [epochs, steps, loss, valLoss])).toEqual(
    (await metricsOf('runs/first')).map((row) => row.slice(0, 4)),
  );
  expect(lines[0]).toMatchObject({ event: 'progress', epoch: 1 });
  expect(lines.every(({ time }) => !Number.isNaN(Date.parse(time)))).toBe(true);
  await expectRefusal(
    ['train', 'ecg', '--data', 'beats.csv', '--log', 'nowhere/log.jsonl'],
    /--log nowhere.log\.jsonl can't be written/,
  );
});

test('the optimizer and the loss that were chosen are those of the run, and stay', async () => {
  const { tensors } = readSafetensors(await readFile(join(cli.home, 'runs/first/last.safetensors')), 'last');
  expect([...tensors.keys()].some((name) => name.startsWith('adamW.m.'))).toBe(true);
  const { settings } = JSON.parse(await readFile(join(cli.home, 'runs/first/config.json'), 'utf8'));
  expect(settings).toMatchObject({ optimizer: 'adamw', loss: 'mse' });
  await expectRefusal(
    ['train', 'ecg', '--resume', 'runs/first', '--loss', 'mae'],
    /--loss mae contradicts the run, which uses mse/,
  );
  await expectRefusal(['train', 'ecg', '--resume', 'runs/first', '--optimizer', 'sgd'], /which uses adamw/);
  await expectRefusal(
    ['train', 'ecg', '--data', 'beats.csv', '--beta', '2'],
    /--beta is for variational models; ecg is not one/,
  );
  await expectRefusal(['train', 'ecg', '--loss', 'cosine'], /--loss 'cosine'/);
  const series = ['train', 'series', '--data', 'none.csv', '--loss'];
  await expectRefusal([...series, 'bce'], /--loss bce is for numbers from 0 to 1, .*\. Use mse or mae\./);
  await expectRefusal([...series, 'ssim'], /--loss ssim is for images\. Use mse or mae\./);
  await expectRefusal(['train', 'ecg', '--loss', 'ssim'], /--loss ssim compares images; ecg trains on series/);
  await expectRefusal(['train', 'ecg', '--noise', 'mask:0.3'], /--noise is for denoisers; ecg is not one/);
});

test('patience ends a training whose validation loss has not fallen, and resuming does not go on', async () => {
  const { epochs, valLoss } = await done('--out', 'runs/still', '--epochs', '9', '--patience', '2', ...STILL);
  expect(epochs).toBe(3);
  expect((await metricsOf('runs/still')).map((row) => row[3])).toEqual([valLoss, valLoss, valLoss]);
  const { stdout, stderr } = await cli.run(['train', 'ecg', '--resume', 'runs/still', '--json']);
  expect(JSON.parse(stdout).epochs).toBe(3);
  expect(said(stderr).join('\n')).toMatch(/ends early: the validation loss has not fallen for 2 epochs/);
});

test('a training begins with given weights', async () => {
  const best = Math.min(...(await metricsOf('runs/first')).map((row) => row[3]!));
  const tuned = await done(
    '--out',
    'runs/tuned',
    '--weights',
    'runs/first',
    '--epochs',
    '1',
    '--loss',
    'mse',
    ...STILL,
  );
  expect(tuned.valLoss).toBe(best);
  expect(JSON.parse(await readFile(join(cli.home, 'runs/tuned/config.json'), 'utf8')).weights).toEqual([
    join(cli.home, 'runs/first'),
  ]);
  await expectRefusal(
    ['train', 'ecg', '--data', 'beats.csv', '--weights', 'runs/first', '--latent', '5', '--out', 'runs/other'],
    /but this model needs/,
  );
  expect(await readdir(join(cli.home, 'runs'))).not.toContain('other');
  await expectRefusal(
    ['train', 'ecg', '--resume', 'runs/first', '--weights', 'runs/first'],
    /--weights and --resume can't be used together/,
  );
});

test('runs are listed, the newest first, and compared in one figure', async () => {
  await done('--out', 'runs/last', '--epochs', '2', '--batch', '16', '--schedule', 'cosine');
  const { runs } = JSON.parse((await cli.run(['runs', '--json'])).stdout) as {
    runs: { run: string; epochs: number; of: number }[];
  };
  expect(runs[0]).toMatchObject({ run: join(cli.home, 'runs/last'), experiment: 'ecg', epochs: 2, of: 2 });
  expect(runs.find(({ run }) => run.endsWith('first'))).toMatchObject({ epochs: 3, of: 3 });
  expect((await cli.run(['runs'])).stdout).toMatch(/^runs.last +ecg +ecg5000 +2\/2 /m);

  const compared = JSON.parse((await cli.run(['compare', 'runs/first', 'runs/last', '--json'])).stdout);
  expect(compared.runs.map(({ settings }: { settings: object }) => settings)).toEqual([
    { epochs: 3, batchSize: 8, optimizer: 'adamw', loss: 'mse' },
    { epochs: 2, batchSize: 16, schedule: 'cosine' },
  ]);
  const svg = await readFile(join(cli.home, 'figures/comparison.svg'), 'utf8');
  for (const words of ['first · epochs 3', 'schedule cosine', 'validation loss', 'training loss'])
    expect(svg).toContain(words);
  expect((await cli.run(['compare', 'runs/first', 'runs/last'])).stdout).toMatch(/^batchSize +8 +16$/m);
  await expectRefusal(['compare', 'runs/first'], /compare takes two runs or more/);
  await expectRefusal(['compare', 'runs/first', 'figures'], /figures is not a run: config\.json can't be read/);
  await expectRefusal(['runs', 'nowhere'], /There is no folder nowhere/);
});

test('a denoiser is trained and judged with the noise that was chosen', async () => {
  const run = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { code, stdout, stderr } = await cli.run([...args, '--json']);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  };
  const small = ['--epochs', '1', '--limit', '20', '--batch', '10', '--figures', 'none'];
  await run('train', 'denoise', ...small, '--noise', 'mask:.30', '--loss', 'ssim', '--out', 'runs/masked');
  const evaluated = await run('evaluate', 'denoise', '--weights', 'runs/masked', '--limit', '100');
  const { pixels } = proceduralFashion({ train: 0, test: 100 }).test;
  const squares = pixels.reduce((sum, value) => sum + (value / 255) ** 2, 0) / pixels.length;
  const noisyMse = evaluated.noisyMse as number;
  // A pixel that is masked errs by its own value. 78 400 pixels hit 0.3 within 1 %; garments differ in brightness.
  expect(Math.abs(noisyMse / (0.3 * squares) - 1)).toBeLessThan(0.03);
  await expectRefusal(
    ['train', 'denoise', '--resume', 'runs/masked', '--noise', 'mask:0.2'],
    /--noise mask:0.2 contradicts the run, which uses mask:0.3/,
  );
  // Another `train` of a finished run prints its result as text
  const finished = await cli.run(['train', 'denoise', '--resume', 'runs/masked']);
  expect(finished.stdout).toMatch(/^run folder runs\/masked$/m);
  expect(await readdir(join(cli.home, 'runs/masked'))).not.toContain('figures');
  await expectRefusal(['train', 'denoise', '--noise', 'rain:1'], /--noise must be salt-pepper:SHARE.*, not 'rain:1'/);
});

test('a run has a model card, and with --tensorboard events of every epoch', async () => {
  await done('--out', 'runs/carded', '--epochs', '2', '--batch', '8', '--seed', '5', '--tensorboard');
  const card = await readFile(join(cli.home, 'runs/carded/README.md'), 'utf8');
  expect(card).toContain('`train ecg --preset quick --epochs 2 --batch 8 --seed 5`');
  expect(card).toMatch(/Limits:.* NOT A MEDICAL DEVICE/);
  const rows = await metricsOf('runs/carded');
  const best = Math.min(...rows.map(([, , , valLoss]) => valLoss!));
  expect(card).toContain(`| val_loss | ${best.toPrecision(4)} |`);
  const names = await readdir(join(cli.home, 'runs/carded'));
  const events = names.filter((name) => name.startsWith('events.out.tfevents.'));
  expect(events).toHaveLength(1);
  const bytes = await readFile(join(cli.home, 'runs/carded', events[0]!), 'latin1');
  expect(bytes.split('val_loss')).toHaveLength(1 + rows.length);
  expect(bytes).toContain('\x89PNG');
});
