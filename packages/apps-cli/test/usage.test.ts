import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { csvText, madeUpBeats } from '@hourglass/testing/beat-files';
import { plainPng } from '@hourglass/testing/cartoon-files';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleCli, type Cli, said, writeSmallData } from './cli.ts';

let cli: Cli;
beforeAll(async () => {
  cli = await bundleCli();
  await writeSmallData(join(cli.home, 'data'));
});
afterAll(() => cli.remove());

/** Expects an exit code, an empty stdout, and one or two lines on stderr without a stack trace. */
async function expectRefusal(args: string, code: number, ...mentions: (string | RegExp)[]): Promise<void> {
  const before = await readdir(cli.home);
  const outcome = await cli.run(args.split(' '));
  const lines = said(outcome.stderr);
  expect(outcome).toMatchObject({ code, stdout: '' });
  expect(lines.length).toBeLessThanOrEqual(2);
  expect(lines[0]).toMatch(/^hourglass: /);
  expect(outcome.stderr).not.toMatch(/^\s+at /m);
  for (const mention of mentions) expect(outcome.stderr).toMatch(mention);
  expect(await readdir(cli.home)).toEqual(before); // no incomplete files are left
}

describe('wrong words', () => {
  test.each([
    ['train fashon', /'fashon'.*'fashion'/],
    ['train transformer', /fashion, denoise/],
    ['trian fashion', /'trian'.*train/],
    ['train fashion --epoch 2', /'--epoch'.*--epochs/],
    ['train fashion --adapter softwear', /'softwear'.*'software'/],
    ['train fashion --preset quik', /'quik'.*'quick'/],
    ['train cartoon --preset best', /cartoon has no preset 'best'; its presets are report, quick/],
    ['data get fashion-minst', /'fashion-minst'.*'fashion-mnist'/],
    ['train fashion again', 'too many arguments'],
    ['train', 'experiment'],
    ['sample fashion', /sample is for fashion-vae, cartoon-vae, fashion-gan/],
    ['sample fashion-vae --count 0', /--count .*from 1/],
    ['latent ecg', /latent draws images, but the samples of ecg are heartbeats/],
    ['interpolate ecg --from 0 --to 1', /the samples of ecg are heartbeats/],
    ['interpolate fashion --from 0', /--to/],
    ['interpolate fashion --from 0 --to 1 --steps 1', /--steps .*from 2 to 100/],
    ['reconstruct ecg --input beat.png', /detect ecg --input/],
    ['detect fashion --input a.csv', /can't be used with fashion/],
  ])('%s', (args, mention) => expectRefusal(args, 2, mention));
});

describe('wrong values', () => {
  test.each([
    ['--batch 0', /--batch .*at least 1.*'0'/],
    ['--epochs -1', /--epochs .*'-1'/],
    ['--epochs 2.5', /--epochs .*'2\.5'/],
    ['--lr abc', /--lr .*'abc'/],
    ['--lr 0', /--lr .*above 0/],
    ['--lr 1e999', /--lr .*'1e999'/],
    ['--limit many', /--limit .*'many'/],
    ['--figures every:0', /--figures must be none, last or every:N.*'every:0'/],
    ['--latent 0', /--latent /],
    ['--seed 4294967296', /--seed .*4294967295/],
    ['--size 64', /--size is for cartoons/],
    ['--epochs', /--epochs/],
    ['--out a --resume b', /--out and --resume/],
  ])('train fashion %s', (option, mention) => expectRefusal(`train fashion ${option}`, 2, mention));
});

describe('wrong data', () => {
  const train = (data: string) => `train fashion --data ${data} --out run`;

  test('a missing folder', () => expectRefusal(train('nowhere'), 2, /nowhere/));

  test('a truncated file', async () => {
    const folder = join(cli.home, 'truncated');
    await writeSmallData(folder);
    const file = join(folder, 'train-images-idx3-ubyte');
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, 5000));
    await expectRefusal(train('truncated'), 2, 'train-images-idx3-ubyte', 'truncated', String(bytes.length), '5000');
  });

  test('a file of another format', async () => {
    const folder = join(cli.home, 'kind');
    await writeSmallData(folder);
    await writeFile(join(folder, 'train-images-idx3-ubyte'), 'These are no images.');
    await expectRefusal(train('kind'), 2, 'train-images-idx3-ubyte is not an IDX file');
  });

  test('labels for images', async () => {
    const folder = join(cli.home, 'swapped');
    await writeSmallData(folder);
    const labels = await readFile(join(folder, 'train-labels-idx1-ubyte'));
    await writeFile(join(folder, 'train-images-idx3-ubyte'), labels);
    await expectRefusal(train('swapped'), 2, '28x28');
  });
});

describe('wrong folders', () => {
  test('a run folder that is not empty', async () => {
    await mkdir(join(cli.home, 'full'));
    await writeFile(join(cli.home, 'full', 'mine.txt'), 'mine');
    await expectRefusal('train fashion --data data --out full', 2, /full is not empty.*--out/);
    expect(await readdir(join(cli.home, 'full'))).toEqual(['mine.txt']);
  });

  test('a run folder below a file', async () => {
    await writeFile(join(cli.home, 'file'), '');
    await expectRefusal('train fashion --data data --out file/run', 2, /file\/run can't be the run folder/);
  });

  const rootWrites = process.getuid?.() === 0 || process.platform === 'win32';
  if (rootWrites) console.warn('SKIPPED: a run folder without permission; this user can write everywhere');
  test.skipIf(rootWrites)(
    `a run folder without permission${rootWrites ? ' (SKIPPED: this user can write everywhere)' : ''}`,
    async () => {
      await mkdir(join(cli.home, 'locked'), { mode: 0o500 });
      await expectRefusal('train fashion --data data --out locked', 2, /permission denied/);
    },
  );

  test('resuming a folder that is not a run', () =>
    expectRefusal('train fashion --resume data', 2, /data is not a run that can be resumed: config\.json/));

  test('a run with a damaged configuration', async () => {
    await mkdir(join(cli.home, 'damaged'), { recursive: true });
    await writeFile(join(cli.home, 'damaged', 'config.json'), '{"experiment": "fashion"');
    await expectRefusal('train fashion --resume damaged', 2, /config\.json is not JSON/);
    await writeFile(join(cli.home, 'damaged', 'config.json'), '{"experiment": "fashion"}');
    await expectRefusal('train fashion --resume damaged', 2, /config\.json.*settings/);
  });
});

describe.skipIf(process.platform !== 'linux')('messages of drivers', () => {
  const noLoader = (): string => join(cli.home, 'no-loader');
  beforeAll(async () => {
    await mkdir(noLoader());
    await writeFile(join(noLoader(), 'libvulkan.so.1'), ''); // not a library, but the search stops at it
  });
  const machines = [
    ['without a driver', () => ({ VK_ICD_FILENAMES: '/nonexistent' })],
    ['without a loader', () => ({ LD_LIBRARY_PATH: noLoader() })],
  ] as const;
  const refused = ['train', 'fashion', '--data', 'data', '--adapter', 'hardware', '--out', 'none'];

  test.each(machines)('are not shown if there is no hardware adapter, %s: one line, exit code 1', async (_, env) => {
    const { code, stdout, stderr } = await cli.run(refused, { env: env() });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^hourglass: No hardware adapter was found.*--adapter software\)\.\n$/);
    expect(await readdir(cli.home)).not.toContain('none');
  });

  test('are not shown on this machine either', async () => {
    const { code, stderr } = await cli.run(['sample', 'fashion-vae', '--count', '1', '--out', 'none']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await rm(join(cli.home, 'none'), { recursive: true });
  });

  test.each(machines)('are shown by --debug and doctor, %s', async (_, env) => {
    for (const args of [[...refused, '--debug'], ['doctor']])
      expect((await cli.run(args, { env: env() })).stderr).toMatch(/^Warning: .*(vk|Vulkan)/m);
  });

  test('do not redirect standard error permanently: a log contains everything after them', async () => {
    const log = join(cli.home, 'log');
    await cli.run(refused, { to: { stderr: log }, env: machines[0][1]() });
    expect(await readFile(log, 'utf8')).toMatch(/^hourglass: No hardware adapter .*\n$/);
  });
});

test('--debug shows where an error occurred', async () => {
  const { code, stderr } = await cli.run(['train', 'fashon', '--debug']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^\s+at /m);
});

test('help and version are printed on standard output', async () => {
  for (const args of [['--help'], ['train', '--help'], ['--version']]) {
    const { code, stdout, stderr } = await cli.run(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(args.includes('--version') ? /^hourglass \d+\.\d+\.\d+\n$/ : /--help/);
  }
});

test('a call without a command shows the help as an error', async () => {
  const { code, stdout, stderr } = await cli.run([]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/Usage: hourglass/);
});

describe('data', () => {
  interface Listing {
    readonly id: string;
    readonly path: string | null;
  }
  const list = async (...args: string[]): Promise<Listing[]> => {
    const { code, stdout } = await cli.run(['data', 'list', '--cache-dir', 'cache', '--json', ...args]);
    expect(code).toBe(0);
    return (JSON.parse(stdout) as { datasets: Listing[] }).datasets;
  };
  const verify = async (id: string, path: string) => {
    const { code, stdout } = await cli.run(['data', 'verify', id, '--data', path, '--json']);
    const verification = JSON.parse(stdout) as {
      ok: boolean;
      path: string;
      files: { state: string; detail: string }[];
    };
    expect(verification).toMatchObject({ id, path: join(cli.home, path) });
    expect(code).toBe(verification.ok ? 0 : 1);
    return verification;
  };

  test('list gives the location of each dataset', async () => {
    const sets = join(cli.home, 'sets');
    await mkdir(sets);
    await writeFile(join(sets, 'ecg.csv'), csvText(madeUpBeats(4)));
    await mkdir(join(sets, 'cartoonset'));
    expect(await list('--data-dir', '.', '--data', 'data')).toMatchObject([
      { id: 'fashion-mnist', path: join(cli.home, 'data') },
      { id: 'ecg5000', path: null },
      { id: 'cartoonset', path: null },
    ]);
    expect((await list('--data-dir', 'sets')).map(({ path }) => path)).toEqual([null, sets, join(sets, 'cartoonset')]);
    expect((await list('--data', 'sets/ecg.csv')).map(({ path }) => path)).toEqual([null, join(sets, 'ecg.csv'), null]);
  });

  test('verify finds files that are not the official ones', async () => {
    expect((await verify('fashion-mnist', 'data')).files).toHaveLength(4);
    await writeFile(join(cli.home, 'short.csv'), csvText(madeUpBeats(4)));
    expect((await verify('ecg5000', 'short.csv')).files).toEqual([
      { file: 'short.csv', state: 'bad', detail: 'it contains 4 beats instead of 4998' },
    ]);
    await writeFile(join(cli.home, 'whole.csv'), csvText(madeUpBeats(4998)));
    expect((await verify('ecg5000', 'whole.csv')).ok).toBe(true);
  });

  test('verify decodes every cartoon', async () => {
    const folder = join(cli.home, 'faces');
    await mkdir(folder);
    for (const name of ['a.png', 'b.png']) await writeFile(join(folder, name), plainPng([1, 2, 3, 255]));
    expect((await verify('cartoonset', 'faces')).files).toEqual([{ file: 'faces', state: 'ok', detail: '2 images' }]);
    await writeFile(join(folder, 'c.png'), plainPng([1, 2, 3, 255]).subarray(0, 60));
    const { ok, files } = await verify('cartoonset', 'faces');
    expect(ok).toBe(false);
    expect(files.map(({ detail }) => detail)).toEqual(['3 images', 'is damaged or cut short']);
  });

  test('get counts the samples of an existing dataset', async () => {
    await writeFile(join(cli.home, 'beats.csv'), csvText(madeUpBeats(4998)));
    const { code, stdout } = await cli.run(['data', 'get', 'ecg5000', '--data', 'beats.csv', '--json']);
    expect(code).toBe(0);
    const dataset = { id: 'ecg5000', source: 'files', train: 3998, test: 1000 };
    expect(JSON.parse(stdout)).toEqual({ dataset });
  });

  test('get without a network says which server could not be reached, and does not mention a stand-in', async () => {
    const offline = join(cli.home, 'offline.mjs');
    const failure = "new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ENOTFOUND' }) })";
    await writeFile(offline, `globalThis.fetch = async () => { throw ${failure}; };\n`);
    const env = { NODE_OPTIONS: `--import ${pathToFileURL(offline)}` };
    const { code, stdout, stderr } = await cli.run('data get fashion-mnist --cache-dir cache'.split(' '), { env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const lines = said(stderr);
    expect(lines.slice(0, -1).every((line) => line.startsWith('Downloading train-images'))).toBe(true);
    expect(lines.at(-1)).toMatch(/^hourglass: .* can't be reached \(ENOTFOUND\).*--data/);
    expect(stderr).not.toContain('stand-in');
  });

  test('verify of a missing dataset says how to get it', () =>
    expectRefusal('data verify ecg5000 --cache-dir cache', 2, /data get ecg5000/));
});

describe('doctor', () => {
  test('reports what training would run on', async () => {
    const { code, stdout } = await cli.run(['doctor', '--data', 'data', '--json']);
    const { ok, adapter, findings } = JSON.parse(stdout) as {
      ok: boolean;
      adapter: { name: string; kind: string } | null;
      findings: { what: string; state: string }[];
    };
    expect(code).toBe(ok ? 0 : 1);
    expect(ok).toBe(adapter !== null);
    expect(findings.map(({ what }) => what)).toEqual(expect.arrayContaining(['Node', 'fashion-mnist', 'training']));
    const stateOf = (id: string) => findings.find(({ what }) => what === id)?.state;
    expect(['fashion-mnist', 'ecg5000', 'cartoonset'].map(stateOf)).toEqual(['ok', 'missing', 'missing']);
  });

  test('fails if --data contains no dataset', async () => {
    await mkdir(join(cli.home, 'nothing'));
    const { code, stdout } = await cli.run(['doctor', '--data', 'nothing']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ data .*nothing contains none of the datasets/);
  });

  test.skipIf(process.platform !== 'linux')('fails if training is impossible, and says why', async () => {
    const env = { VK_ICD_FILENAMES: '/nonexistent' };
    const { code, stdout } = await cli.run(['doctor', '--adapter', 'hardware'], { env });
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ training .*No hardware adapter/);
    expect(stdout).toMatch(/→ Unset VK_ICD_FILENAMES/);
  });
});
