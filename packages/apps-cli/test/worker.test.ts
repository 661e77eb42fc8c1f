import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesOf, type Frame, numbersOf, readFrames, writeFrame } from '../src/run/frames.ts';
import { bundleCli, type Cli, callersEnv, writeSmallBeats, writeSmallData } from './cli.ts';

let cli: Cli;
beforeAll(async () => {
  cli = await bundleCli();
  await writeSmallData(join(cli.home, 'data', 'fashion-mnist'));
  await writeSmallBeats(join(cli.home, 'data', 'ecg.csv'));
});
afterAll(() => cli.remove());

/** A running worker, driven as the Python package drives it. */
class Driven {
  private readonly child;
  private readonly frames: AsyncGenerator<Frame>;
  stderr = '';

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [cli.entry, 'worker', ...args], {
      cwd: cli.home,
      env: callersEnv(),
      stdio: 'pipe',
    });
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.stderr += chunk;
    });
    this.frames = readFrames(this.child.stdout);
  }

  async request(
    request: string,
    { payload = new Uint8Array(), ...fields }: { payload?: Uint8Array; [field: string]: unknown } = {},
  ): Promise<Frame> {
    await writeFrame(this.child.stdin, { header: { request, ...fields }, payload });
    return (await this.frames.next()).value as Frame;
  }

  /** Bytes as they are. */
  write(bytes: Uint8Array): void {
    this.child.stdin.write(bytes);
  }

  reply(): Promise<Frame> {
    return this.frames.next().then(({ value }) => value as Frame);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Ends the input; resolves to the exit code. */
  async end(): Promise<number> {
    const closed = once(this.child, 'close');
    this.child.stdin.end();
    const [code] = (await closed) as [number];
    return code;
  }
}

const sum = (payloads: readonly Uint8Array[]): Uint8Array => {
  const [first, ...others] = payloads.map(numbersOf);
  return bytesOf(first!.map((value, i) => others.reduce((total, other) => total + other[i]!, value)));
};

const ECG = ['ecg', '--preset', 'report', '--batch', '30', '--data', 'data/ecg.csv'];

async function initialised(args: readonly string[], processes: number): Promise<Driven[]> {
  const workers = Array.from({ length: processes }, (_, rank) => new Driven(rank === 0 ? args : [...args, '--quiet']));
  const first = await workers[0]!.request('initialise', { rank: 0, processes });
  expect(first.header.error).toBeUndefined();
  for (const [i, worker] of workers.slice(1).entries()) {
    const { config } = first.header;
    const reply = await worker.request('initialise', { rank: i + 1, processes, config, payload: first.payload });
    expect(reply.header.error).toBeUndefined();
  }
  return workers;
}

/** Steps until `stopAt`, or to the end. Returns the replies to the last `end-epoch`. */
async function trainAll(workers: readonly Driven[], stopAt = Number.POSITIVE_INFINITY): Promise<Frame[]> {
  const all = async (request: string, payload?: Uint8Array): Promise<Frame[]> => {
    const replies = await Promise.all(workers.map((worker) => worker.request(request, { payload })));
    for (const { header } of replies) expect(header.error).toBeUndefined();
    return replies;
  };
  for (;;) {
    for (let done = false; !done; ) {
      const [applied] = await all('apply', sum((await all('gradients')).map(({ payload }) => payload)));
      if ((applied!.header.step as number) >= stopAt) return [];
      done = applied!.header.epochDone as boolean;
    }
    const ended = await all('end-epoch', sum((await all('evaluate')).map(({ payload }) => payload)));
    expect(new Set(ended.map(({ header }) => header.weights)).size).toBe(1);
    if (ended[0]!.header.finished) return ended;
  }
}

async function trained(args: readonly string[]): Promise<Driven[]> {
  const workers = await initialised(args, 2);
  await trainAll(workers);
  return workers;
}

async function endAll(workers: readonly Driven[]): Promise<void> {
  for (const worker of workers) expect(await worker.end()).toBe(0);
}

const metricsOf = async (run: string): Promise<number[][]> =>
  (await readFile(join(cli.home, run, 'metrics.csv'), 'utf8'))
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.split(',').map(Number));

describe('hourglass worker', () => {
  test('1, 2 and 4 processes train as one command does, and write its files', async () => {
    const { code, stderr } = await cli.run(['train', ...ECG, '--epochs', '2', '--figures', 'last', '--out', 'alone']);
    expect(stderr).not.toContain('hourglass:');
    expect(code).toBe(0);
    const expected = await metricsOf('alone');
    for (const processes of [1, 2, 4]) {
      const out = `together-${processes}`;
      const workers = await initialised([...ECG, '--epochs', '2', '--figures', 'last', '--out', out], processes);
      const [first] = await trainAll(workers);
      expect(first!.header.text).toMatch(/^ecg: 2 epochs/);
      for (const worker of workers) expect(await worker.end()).toBe(0);
      expect(workers[0]!.stderr).toContain('Epoch 2/2');
      expect(workers.at(-1)!.stderr === '' || processes === 1).toBe(true);
      const metrics = await metricsOf(out);
      // The shares are added in another order: a few roundings in each step.
      for (const [epoch, row] of metrics.entries())
        for (const [i, value] of row.entries()) expect(Math.abs(value / expected[epoch]![i]! - 1)).toBeLessThan(1e-6);
      for (const file of ['last.safetensors', 'best.safetensors', 'config.json', 'summary.txt'])
        expect((await stat(join(cli.home, out, file))).size).toBeGreaterThan(0);
      const figures = (run: string) => readdir(join(cli.home, run, 'figures'));
      expect(await figures(out)).toEqual(await figures('alone'));
    }
  }, 300_000);

  test('a killed worker’s run continues from its checkpoint with the bits of an uninterrupted run, also in more processes', async () => {
    const args = [...ECG, '--epochs', '3'];
    await trainAll(await initialised([...args, '--out', 'whole'], 2));
    const workers = await initialised([...args, '--out', 'killed'], 2);
    await trainAll(workers, 7);
    for (const worker of workers) worker.kill();
    const resumed = await initialised([...args, '--out', 'killed'], 2);
    await trainAll(resumed);
    for (const worker of resumed) expect(await worker.end()).toBe(0);
    expect(await metricsOf('killed')).toEqual(await metricsOf('whole'));
    const bytes = (run: string) => readFile(join(cli.home, run, 'last.safetensors'));
    expect(await bytes('killed')).toEqual(await bytes('whole'));

    const more = await initialised([...ECG, '--epochs', '4', '--out', 'killed'], 3);
    const [ended] = await trainAll(more);
    expect(ended!.header.epoch).toBe(4);
  }, 300_000);

  test('a run that began with given weights resumes with its own', async () => {
    const weights = join(cli.home, 'alone', 'best.safetensors');
    const args = [...ECG, '--epochs', '2', '--weights', weights];
    await endAll(await trained([...args, '--out', 'tuned']));
    const killed = await initialised([...args, '--out', 'tuned-killed'], 2);
    await trainAll(killed, 6);
    for (const worker of killed) worker.kill();
    await endAll(await trained([...args, '--out', 'tuned-killed']));
    expect(await metricsOf('tuned-killed')).toEqual(await metricsOf('tuned'));
  }, 300_000);

  test('all processes stop when the validation loss does not fall', async () => {
    // A learning rate of nearly 0 leaves the loss as it is.
    const args = [...ECG, '--epochs', '9', '--patience', '2', '--lr', '1e-30', '--out', 'patient'];
    const workers = await initialised(args, 2);
    const ended = await trainAll(workers);
    expect(ended.map(({ header }) => [header.epoch, header.finished])).toEqual([
      [3, true],
      [3, true],
    ]);
    await endAll(workers);
    expect(workers[0]!.stderr).toContain('Training ends early');
  }, 300_000);

  test('what is not a request of the protocol ends the worker with a sentence', async () => {
    const answer = async (drive: (worker: Driven) => Promise<Frame>): Promise<string> => {
      const worker = new Driven([...ECG, '--out', 'refused']);
      const { header } = await drive(worker);
      expect(await worker.end()).toBe(header.exitCode);
      expect(header.exitCode).toBe(2);
      await expect(stat(join(cli.home, 'refused'))).rejects.toThrow();
      return String(header.error);
    };
    expect(await answer((worker) => worker.request('gradients'))).toBe(
      "worker: 'initialise' comes before 'gradients'.",
    );
    expect(await answer((worker) => worker.request('fly'))).toBe('worker: there is no request {"request":"fly"}.');
    expect(await answer((worker) => worker.request('initialise', { rank: 2, processes: 2, config: 3 }))).toContain(
      'the configuration of rank 0',
    );
    expect(
      await answer((worker) => {
        worker.write(Uint8Array.from([255, 255, 255, 255, 0, 0, 0, 0]));
        return worker.reply();
      }),
    ).toContain('a frame announces a header of 4294967295 bytes');
    expect(
      await answer(async (worker) => {
        worker.write(Uint8Array.from([2, 0, 0, 0, 0, 0, 0, 0, 91, 93]));
        return worker.reply();
      }),
    ).toBe('worker: the header of a frame is not a JSON object.');
    expect(
      await answer(async (worker) => {
        await worker.request('initialise', { rank: 0, processes: 1 });
        return worker.request('apply', { payload: new Uint8Array(8) });
      }),
    ).toMatch(/^apply: the vector has 2 elements, but this model's has \d+/);
  }, 120_000);
});

describe('frames', () => {
  const framesOf = async (chunks: readonly Uint8Array[]): Promise<Frame[]> => {
    const frames: Frame[] = [];
    for await (const frame of readFrames(Readable.from(chunks))) frames.push(frame);
    return frames;
  };
  const bytes = [9, 0, 0, 0, 3, 0, 0, 0, ...Buffer.from('{"a": 12}'), 1, 2, 3];

  test('are read however their bytes arrive', async () => {
    const expected = { header: { a: 12 }, payload: Uint8Array.from([1, 2, 3]) };
    for (const size of [1, 5, 8, 100]) {
      const twice = Uint8Array.from([...bytes, ...bytes]);
      const chunks = Array.from({ length: Math.ceil(twice.length / size) }, (_, i) =>
        twice.slice(i * size, (i + 1) * size),
      );
      const frames = await framesOf(chunks);
      expect(frames.map(({ header, payload }) => ({ header, payload: Uint8Array.from(payload) }))).toEqual([
        expected,
        expected,
      ]);
    }
  });

  test('that are cut short throw', async () => {
    for (const length of [3, 8, 12, bytes.length - 1])
      await expect(framesOf([Uint8Array.from(bytes.slice(0, length))])).rejects.toThrow('in the middle of a frame');
  });
});
