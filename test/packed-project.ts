/** A project outside this repository that installs the packed packages, as any project would. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Registry } from './packed-registry.ts';

const run = promisify(execFile);
export const ROOT = join(import.meta.dirname, '..');
export const PACKAGES = ['tensor', 'nn', 'formats', 'node', 'datasets', 'experiments', 'apps-cli'] as const;

/** Runs a command in a folder and returns its output. If the command fails, throws an Error with all output. */
export async function runIn(folder: string, command: string, ...args: string[]): Promise<string> {
  // With Vitest's variables, Vite and Node would behave as under test.
  const { NODE_ENV: _, NODE_OPTIONS: __, VITEST: ___, ...env } = process.env;
  const { stdout } = await run(command, args, { cwd: folder, env, maxBuffer: 2 ** 26 }).catch((error) => {
    throw new Error(`${command} ${args.join(' ')}: ${error.message}\n${error.stdout}\n${error.stderr}`);
  });
  return stdout;
}

/** Builds and packs every package; returns the tarballs' paths by package. */
export async function packAll(): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'hourglass-packed-'));
  await runIn(ROOT, 'npx', 'turbo', 'run', 'build');
  for (const name of PACKAGES) {
    const args = ['pack', '--ignore-scripts', '--pack-destination', folder];
    await runIn(join(ROOT, 'packages', name), 'npm', ...args);
  }
  const files = await readdir(folder);
  return new Map(PACKAGES.map((name) => [name, join(folder, files.find((file) => file.includes(`-${name}-`))!)]));
}

/** Makes a folder outside this repository in which installers get the packages from `registry`. */
export async function newProject(registry: Registry): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hourglass-stranger-'));
  await writeFile(join(folder, '.npmrc'), `@hourglass:registry=${registry.url}\n`);
  return folder;
}

/** Installs packages, or the dependencies in package.json; install scripts don't run. */
export async function install(folder: string, ...packages: string[]): Promise<void> {
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await runIn(folder, 'npm', 'install', ...options, ...packages);
}
