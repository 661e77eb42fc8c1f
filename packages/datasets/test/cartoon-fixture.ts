import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildWorker, numbered } from '@hourglass/testing/cartoon-files';
import { packTar, type TarEntry } from 'modern-tar';
import { afterEach, beforeAll, beforeEach, vi } from 'vitest';
import type { ImageStream, StreamedImages } from '../src/index.ts';
import { type LoadOptions, loadCartoonSet } from '../src/node/index.ts';

export let workerUrl: URL;
/** The test's own folder. */
export let root: string;
export let cacheDir: string;
/** The notices so far. */
export const notices: string[] = [];
let opened: StreamedImages[] = [];

/** Gives every test of a file its own folder and cache. */
export function eachInItsOwnFolder(): void {
  beforeAll(async () => {
    workerUrl = await buildWorker();
    return () => rm(new URL('.', workerUrl), { recursive: true });
  });
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'cartoons-'));
    cacheDir = join(root, 'cache');
    notices.length = 0;
    opened = [];
  });
  afterEach(async () => {
    for (const images of opened) await images.close();
    await rm(root, { recursive: true });
  });
}

const offline = vi.fn<typeof fetch>(async () => {
  throw new TypeError('fetch failed', { cause: Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }) });
});

export async function load(options: Partial<LoadOptions> = {}): Promise<StreamedImages> {
  const notice = (message: string) => notices.push(message);
  const images = await loadCartoonSet({ cacheDir, imageSize: 16, workerUrl, notice, fetch: offline, ...options });
  opened.push(images);
  return images;
}

export const problem = (loading: Promise<unknown>): Promise<Error> =>
  loading.then(
    () => {
      throw new Error('was accepted');
    },
    (error: Error) => error,
  );

/** With this worker, any decoding fails, so results can only come from the cache. */
export const noWorker = pathToFileURL('/nowhere/png-worker.js');

export const all = (stream: ImageStream) => stream.read(Array.from({ length: stream.count }, (_, i) => i));

/** The images of both splits, by name. */
export async function byName({ train, test: held, shape }: StreamedImages): Promise<Map<string, Uint8Array>> {
  const rowBytes = shape[0] * shape[1] * 3;
  const pairs = [train, held].map(async (stream) => {
    const bytes = await all(stream);
    return stream.names.map((name, i) => [name, bytes.slice(i * rowBytes, (i + 1) * rowBytes)] as const);
  });
  return new Map((await Promise.all(pairs)).flat());
}

/** The expected images of a set of numbered files at 16x16. */
export function expected(count: number): Map<string, Uint8Array> {
  const images = Array.from({ length: count }, (_, n) => numbered(n));
  return new Map(images.map(({ name, color }) => [name, Uint8Array.from({ length: 768 }, (_, i) => color[i % 3]!)]));
}

export const sorted = (map: Map<string, Uint8Array>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

export async function fillFolder(folder: string, count: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (let n = 0; n < count; n++) await writeFile(join(folder, numbered(n).name), numbered(n).png);
  return folder;
}

export const file = (name: string, body: Uint8Array): TarEntry => ({ header: { name, size: body.length }, body });

/** An archive laid out like Google's: subfolders, and a list of attributes next to each image. */
export function googleTar(count: number, ...more: TarEntry[]): Promise<Uint8Array<ArrayBuffer>> {
  const entries: TarEntry[] = [{ header: { name: 'cartoonset10k/', type: 'directory', size: 0 } }];
  for (let n = 0; n < count; n++) {
    const { name, png } = numbered(n);
    entries.push(
      file(`cartoonset10k/${n % 3}/${name.replace('png', 'csv')}`, new TextEncoder().encode('"hair", 3, 111\n')),
    );
    entries.push(file(`cartoonset10k/${n % 3}/${name}`, png));
  }
  return packTar([...entries, ...more]);
}

export async function save(name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(join(root, name), bytes);
  return join(root, name);
}
