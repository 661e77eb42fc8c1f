import { spawn, spawnSync } from 'node:child_process';
import { copyFile, lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors, writeSafetensors } from '@hourglass/nn';
import { plainPng } from '@hourglass/testing/cartoon-files';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleCli, type Cli, said, writeSmallBeats } from './cli.ts';

// Pipes, devices, full disks, and files that only look right: each gives a message, and quickly.
const SHIPPED = new URL('../../experiments/checkpoints/ecg/model.safetensors', import.meta.url);

let cli: Cli;
beforeAll(async () => {
  cli = await bundleCli();
  await writeSmallBeats(join(cli.home, 'ecg.csv'));
}, 60_000);
afterAll(() => cli.remove());

async function refusal(args: string): Promise<string> {
  const { code, stdout, stderr } = await cli.run(args.split(' '));
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const [line, ...more] = said(stderr);
  expect(more).toEqual([]);
  return line!;
}

describe.skipIf(process.platform !== 'linux')('endless files', () => {
  beforeAll(async () => {
    for (const name of ['pipe.safetensors', 'pipe.h5', 'pipe.png'])
      expect(spawnSync('mkfifo', [join(cli.home, name)]).status).toBe(0);
    for (const name of ['zero.safetensors', 'zero.png']) await symlink('/dev/zero', join(cli.home, name));
  });

  test.each([
    'evaluate ecg --weights pipe.safetensors',
    'evaluate ecg --weights zero.safetensors',
    'convert pipe.h5 --as ecg --out x.safetensors',
    `convert ${SHIPPED.pathname} --as ecg --out pipe.safetensors`,
    'detect ecg --input /dev/zero',
    'reconstruct fashion --input pipe.png',
    'reconstruct fashion --input zero.png',
  ])('%s', async (args) => expect(await refusal(args)).toMatch(/can't be read: it is not a file\.$/));

  test('as a dataset', async () => {
    expect(await refusal('train cartoon --data pipe.png')).toMatch(/pipe\.png is neither a folder nor a file/);
  });

  test('among images', async () => {
    const folder = join(cli.home, 'faces');
    await mkdir(folder);
    await writeFile(join(folder, 'a.png'), plainPng([1, 2, 3, 255]));
    expect(spawnSync('mkfifo', [join(folder, 'b.png')]).status).toBe(0);
    await symlink('/dev/zero', join(folder, 'c.png'));
    const { code, stdout } = await cli.run(['data', 'verify', 'cartoonset', '--data', 'faces', '--json']);
    expect(code).toBe(1);
    expect(stdout).toContain('is neither a file nor a link to one');
  });

  test('detect reads a named pipe', async () => {
    const beats = (await readFile(join(cli.home, 'ecg.csv'), 'utf8')).split('\n').slice(0, 3).join('\n');
    await writeFile(join(cli.home, 'beats.txt'), `${beats}\n`.replaceAll(/,[01]$/gm, ''));
    expect(spawnSync('mkfifo', [join(cli.home, 'beats.pipe')]).status).toBe(0);
    spawn('sh', ['-c', 'cat beats.txt > beats.pipe'], { cwd: cli.home });
    const { code, stdout } = await cli.run('detect ecg --input beats.pipe --json'.split(' '));
    expect(code).toBe(0);
    expect(JSON.parse(stdout).beats).toHaveLength(3);
  });

  test('devices, pipes and links that get scores or codes remain what they are', async () => {
    const within = (name: string): string => join(cli.home, name);
    const beats = (await readFile(within('ecg.csv'), 'utf8')).split('\n').slice(0, 3).join('\n');
    await writeFile(within('three.txt'), `${beats}\n`.replaceAll(/,[01]$/gm, ''));
    const detect = async (scores: string): Promise<void> => {
      const { code, stderr } = await cli.run(`detect ecg --input three.txt --scores ${scores}`.split(' '));
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    };
    await writeFile(within('target'), 'old');
    await symlink('target', within('link'));
    await symlink('missing', within('dangling'));
    await detect('link');
    await detect('dangling');
    const scores = await readFile(within('target'), 'utf8');
    expect(scores.split('\n')).toHaveLength(5);
    expect(await readFile(within('missing'), 'utf8')).toBe(scores);
    expect([await readlink(within('link')), await readlink(within('dangling'))]).toEqual(['target', 'missing']);

    for (const name of ['scores.pipe', 'codes.csv', 'codes.npy'])
      expect(spawnSync('mkfifo', [within(name)]).status).toBe(0);
    const reading = readFile(within('scores.pipe'), 'utf8');
    await detect('scores.pipe');
    expect(await reading).toBe(scores);
    expect((await lstat(within('scores.pipe'))).isFIFO()).toBe(true);
    const codes = readFile(within('codes.csv'), 'utf8');
    const encoded = await cli.run('encode ecg --input three.txt --out codes.csv'.split(' '));
    expect([encoded.code, (await codes).split('\n').length]).toEqual([0, 5]);
    expect(await refusal('encode ecg --input three.txt --out codes.npy')).toMatch(/codes\.npy is not a regular file/);

    // Making a device needs the rights of root.
    if (spawnSync('mknod', [within('null'), 'c', '1', '3']).status !== 0) return;
    await symlink('null', within('link-to-null'));
    await detect('null');
    await detect('link-to-null');
    expect((await lstat(within('null'))).isCharacterDevice()).toBe(true);
    expect(await readlink(within('link-to-null'))).toBe('null');
  });

  test('folders cannot be created in /proc', async () => {
    for (const args of [
      'sample fashion-vae --out /proc/foo/bar',
      'reconstruct fashion --input faces/a.png --out /proc/foo',
    ]) {
      const { code, stderr } = await cli.run(args.split(' '));
      expect(code).toBe(1);
      expect(said(stderr).at(-1)).toMatch(/\/proc\/foo.*can't be written/);
    }
    const { code, stdout } = await cli.run(['doctor', '--cache-dir', '/proc/foo']);
    expect([0, 1]).toContain(code); // depends on the adapters of the machine
    expect(stdout).toMatch(/\/proc\/foo can't be written/);
  });
});

describe('weights', () => {
  test('with too many tensors are refused before they are compared with any model', async () => {
    const tensors = Array.from(
      { length: 20_000 },
      (_, i) => [`t${i}`, { shape: [0, i + 1], data: new Float32Array() }] as const,
    );
    await writeFile(join(cli.home, 'many.safetensors'), writeSafetensors(new Map(tensors), {}));
    expect(await refusal('evaluate ecg --weights many.safetensors --data ecg.csv')).toMatch(/contains 20000 tensors/);
  });

  test('next to tensors of another dtype are read; weights of another dtype are named', async () => {
    const [start, name] = [8, 'encoder.dense.bias'];
    const shipped = await readFile(SHIPPED);
    const headerBytes = Number(shipped.readBigUInt64LE());
    const header = JSON.parse(shipped.subarray(start, start + headerBytes).toString()) as Record<
      string,
      { dtype: string }
    >;
    const data = shipped.subarray(start + headerBytes);
    const write = async (file: string, entries: object, bytes: Buffer) => {
      const text = Buffer.from(JSON.stringify(entries));
      const size = Buffer.alloc(8);
      size.writeBigUInt64LE(BigInt(text.length));
      await writeFile(join(cli.home, file), Buffer.concat([size, text, bytes]));
    };
    const counter = { dtype: 'I64', shape: [], data_offsets: [data.length, data.length + 8] };
    await write('counted.safetensors', { ...header, counter }, Buffer.concat([data, Buffer.alloc(8)]));
    const evaluated = await cli.run(
      'evaluate ecg --weights counted.safetensors --data ecg.csv --json --quiet'.split(' '),
    );
    expect(evaluated.stderr).toBe('');
    expect(evaluated.code).toBe(0);

    const half = header[name]!.dtype === 'F16' ? 'BF16' : 'I32';
    await write('other.safetensors', { ...header, [name]: { ...header[name], dtype: half } }, data);
    expect(await refusal('evaluate ecg --weights other.safetensors --data ecg.csv')).toMatch(
      new RegExp(`${name} has dtype ${half}\\. Weights must be F32 or F16`),
    );
  });

  test('with NaN are refused', async () => {
    const { tensors, metadata } = readSafetensors(await readFile(SHIPPED), 'shipped');
    [...tensors.values()][0]!.data[0] = Number.NaN;
    await writeFile(join(cli.home, 'nan.safetensors'), writeSafetensors(tensors, metadata));
    expect(await refusal('evaluate ecg --weights nan.safetensors --data ecg.csv')).toMatch(/contains NaN or infinity/);
  });

  test.skipIf(process.platform === 'win32')('behind a link in a run folder are not read', async () => {
    await mkdir(join(cli.home, 'linked'));
    await copyFile(SHIPPED, join(cli.home, 'elsewhere.safetensors'));
    await symlink(join(cli.home, 'elsewhere.safetensors'), join(cli.home, 'linked', 'best.safetensors'));
    expect(await refusal('evaluate ecg --weights linked --data ecg.csv')).toMatch(/linked is not a run/);
  });
});

describe('a run folder that was tampered with', () => {
  test.each([
    ['last.safetensors', /"epoch":1/, '"epoch":8589934592', /expected the \d+ numbers of epoch 2/],
    ['last.safetensors', /"position":0/, '"position":1000', /training state is at step/],
    ['last.safetensors', /"step":/, '"step":9', /training state is at step/],
    ['config.json', /"latent": 8/, '"latent": 1000000000000', /latent: .*4096/],
    ['config.json', /"seed": 0/, '"seed": 1099511627776', /seed: .*4294967295/],
  ])('%s, %s to %s', async (file, from, to, message) => {
    const run = `run-${String(to).replace(/\W/g, '')}`;
    const trained = await cli.run(`train ecg --data ecg.csv --epochs 1 --out ${run}`.split(' '));
    expect(trained.code).toBe(0);
    const path = join(cli.home, run, file);
    const bytes = (await readFile(path)).toString('latin1').replaceAll('\\"', '"');
    expect(bytes).toMatch(from);
    await writeFile(path, rewritten(await readFile(path), from, to));
    expect(await refusal(`train ecg --data ecg.csv --epochs 2 --resume ${run}`)).toMatch(message);
  });

  /** The file with a change; in a safetensors file, the change is in the state that its header contains. */
  function rewritten(bytes: Buffer, from: RegExp, to: string): Uint8Array | string {
    if (bytes[0] === 0x7b) return bytes.toString().replace(from, to);
    const { tensors, metadata } = readSafetensors(bytes, 'checkpoint');
    return writeSafetensors(tensors, {
      ...metadata,
      'hourglass.state': metadata['hourglass.state']!.replace(from, to),
    });
  }
});

describe.skipIf(process.platform !== 'linux')('a full disk', () => {
  test('for the progress lines does not stop a training', async () => {
    const args = 'train ecg --data ecg.csv --epochs 3 --out full --json'.split(' ');
    const { code, stdout } = await cli.run(args, { to: { stderr: '/dev/full' } });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ epochs: 3 });
    expect(await readdir(join(cli.home, 'full'))).toContain('best.safetensors');
  });

  test('for the result is reported by message and exit code', async () => {
    const args = 'train ecg --data ecg.csv --epochs 1 --out told --json'.split(' ');
    const { code, stderr } = await cli.run(args, { to: { stdout: '/dev/full' } });
    expect(code).toBe(1);
    expect(said(stderr).at(-1)).toMatch(/standard output can't be written: the disk is full, ENOSPC\.$/);
    expect(await readdir(join(cli.home, 'told'))).toContain('best.safetensors');
  });
});
