import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, posix, win32 } from 'node:path';
import type { FashionFile } from '../fashion-mnist.ts';
import { errorCode } from './folder.ts';

/**
 * The platform's folder for caches, with `hourglass` in it: `XDG_CACHE_HOME` or `~/.cache` on Linux (XDG Base Directory
 * Specification: a relative value does not count), `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows.
 */
export function defaultCacheDir(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (platform === 'win32') return win32.join(env.LOCALAPPDATA || win32.join(home, 'AppData', 'Local'), 'hourglass');
  if (platform === 'darwin') return posix.join(home, 'Library', 'Caches', 'hourglass');
  const xdg = env.XDG_CACHE_HOME ?? '';
  return posix.join(posix.isAbsolute(xdg) ? xdg : posix.join(home, '.cache'), 'hourglass');
}

export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** A file of the cache, or undefined if it is not there; a damaged one does not count, and `notice` hears of it. */
export async function readCached(
  folder: string,
  file: FashionFile,
  notice: (message: string) => void,
): Promise<Uint8Array | undefined> {
  const path = join(folder, file.name);
  try {
    const { size } = await stat(path);
    if (size !== file.bytes) {
      notice(`${path} in the cache is damaged: ${size} bytes instead of ${file.bytes}. It is fetched again.`);
      return undefined;
    }
    const bytes = await readFile(path);
    const sum = md5(bytes);
    if (sum === file.md5) return bytes;
    notice(`${path} in the cache is damaged: its MD5 is ${sum} instead of ${file.md5}. It is fetched again.`);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOENT') notice(`${path} in the cache can't be read (${code}). It is fetched again.`);
  }
  return undefined;
}

/**
 * Puts a verified file into the cache under a name of its own and renames it, so that no other process ever sees half of it.
 * A cache that can't be written costs a download next time, not this run: `notice` hears of it.
 */
export async function writeCached(
  folder: string,
  file: FashionFile,
  bytes: Uint8Array,
  notice: (message: string) => void,
): Promise<void> {
  const path = join(folder, file.name);
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(temporary, bytes, { flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    notice(`${path} can't be kept in the cache (${errorCode(error)}). Choose another folder with --cache-dir.`);
  }
}
