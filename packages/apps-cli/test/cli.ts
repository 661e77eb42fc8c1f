import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type ImageSplit, proceduralEcg, proceduralFashion, type SeriesSplit } from '@hourglass/datasets';
import { idx } from '@hourglass/testing/idx-files';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A signal is sent as soon as this appears on stderr. */
  readonly interruptAt?: string;
  /** The signal; default SIGINT. */
  readonly interruptBy?: NodeJS.Signals;
  /** The content of standard input. */
  readonly input?: string;
  /** The file that standard output or standard error goes to. */
  readonly to?: { readonly stdout: string } | { readonly stderr: string };
}

/** The bundled command, and a folder for its files: the current folder of every call. */
export interface Cli {
  /** The bundled program. */
  readonly entry: string;
  readonly home: string;
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<Outcome>;
  readonly remove: () => Promise<void>;
}

/** Bundles the command as shipped, but in a separate folder, from which its packages are found in node_modules. */
export async function bundleCli(): Promise<Cli> {
  const folder = await mkdtemp(join(PACKAGE, 'node_modules', '.hourglass-'));
  const entry = join(folder, 'hourglass.js');
  await promisify(execFile)(process.execPath, [join(PACKAGE, 'build.mjs'), folder]).catch(async (error: unknown) => {
    await rm(folder, { recursive: true });
    throw error;
  });
  const home = await mkdtemp(join(tmpdir(), 'hourglass-'));
  return {
    entry,
    home,
    run: (args, options) => run(entry, home, args, options),
    remove: async () => {
      await Promise.all([rm(folder, { recursive: true }), rm(home, { recursive: true })]);
    },
  };
}

/** The environment without what the test's own caller has set, which must not reach the command. */
export const callersEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$|HOURGLASS_)/.test(name)));

function run(entry: string, home: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const [name, path] = Object.entries(options.to ?? {})[0] ?? [];
  const file = path === undefined ? undefined : openSync(path, 'w');
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: home,
    env: { ...callersEnv(), ...options.env },
    stdio: ['pipe', name === 'stdout' ? file : 'pipe', name === 'stderr' ? file : 'pipe'],
  });
  if (file !== undefined) closeSync(file);
  child.stdin!.end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  let interrupted = false;
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
    if (options.interruptAt !== undefined && !interrupted && stderr.includes(options.interruptAt)) {
      interrupted = true;
      child.kill(options.interruptBy ?? 'SIGINT');
    }
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Writes a small dataset in the format of Fashion-MNIST: 128 + 40 images, drawn with a seed. */
export async function writeSmallData(folder: string, seed = 0): Promise<void> {
  const { train, test } = proceduralFashion({ seed, train: 128, test: 40 });
  await writeImages(folder, train, test);
}

/** Writes images in the format of Fashion-MNIST. */
export async function writeImages(folder: string, train: ImageSplit, test: ImageSplit): Promise<void> {
  await mkdir(folder, { recursive: true });
  const write = async (prefix: string, { count, pixels, labels }: ImageSplit): Promise<void> => {
    await writeFile(join(folder, `${prefix}-images-idx3-ubyte`), idx([count, 28, 28], pixels));
    await writeFile(join(folder, `${prefix}-labels-idx1-ubyte`), idx([count], labels));
  };
  await write('train', train);
  await write('t10k', test);
}

/** Writes beats in the format of `ecg.csv`, drawn with a seed. */
export async function writeSmallBeats(path: string, count = 200): Promise<void> {
  const { length, train, test } = proceduralEcg({ count });
  const rows = ({ values, normal }: SeriesSplit): string[] =>
    Array.from(normal, (label, i) => [...values.subarray(i * length, (i + 1) * length), label].join());
  await writeFile(path, [...rows(train), ...rows(test), ''].join('\n'));
}

/** The lines on stderr. */
export const said = (stderr: string): string[] => stderr.split('\n').filter((line) => line !== '');
