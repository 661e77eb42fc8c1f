/** SwiftShader, a software Vulkan driver with its own Vulkan loader, from the npm package @sparticuz/chromium. */
import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { defaultCacheDir, makeFolder } from '@hourglass/files';

/** The Vulkan loader, by the name that Dawn loads. */
export const LOADER = 'libvulkan.so.1';
const MANIFEST = 'vk_swiftshader_icd.json';
const FILES = [LOADER, MANIFEST, 'libvk_swiftshader.so'];

/** Whether the package has a build for this machine. */
export const hasSwiftShader = process.platform === 'linux' && process.arch === 'x64';

/** The package and its version, as in package.json. */
const PACKAGE = '@sparticuz/chromium@153.0.0';

/** SwiftShader is not installed. */
class NotInstalledError extends Error {}

/** What to do if SwiftShader can't be used because of `error`. */
export const swiftShaderRemedy = (error: unknown): string =>
  error instanceof NotInstalledError
    ? `npm leaves this package out on Node older than 22.17; \`npm install ${PACKAGE}\` adds it.`
    : 'Reinstall the npm packages, or choose a cache folder that allows writing and executing files (cacheDir, on the command line --cache-dir).';

/** Whether SwiftShader can be unpacked. */
export function isSwiftShaderInstalled(): boolean {
  if (!hasSwiftShader) return false;
  try {
    archivePath();
    return true;
  } catch {
    return false;
  }
}

/**
 * Unpacks SwiftShader in a folder of `cacheDir` (default the platform's cache folder) and returns the folder. Keeps
 * intact files; writes missing and damaged ones. Several processes may do this at once.
 *
 * @throws Error if the package is not installed or the folder can't be written
 */
export async function unpackSwiftShader(cacheDir = defaultCacheDir(process.env)): Promise<string> {
  const archive = await readFile(archivePath());
  const files = regularFiles(brotliDecompressSync(archive));
  const folder = resolve(cacheDir, `swiftshader-${createHash('sha256').update(archive).digest('hex').slice(0, 12)}`);
  await makeFolder(folder);
  for (const name of FILES) {
    const content = files.get(name);
    if (!content)
      throw new Error(`${archivePath()} contains no ${name}; reinstall the npm package @sparticuz/chromium.`);
    await writeUnlessIntact(join(folder, name), content);
  }
  return folder;
}

/** The environment variables with which another program finds the SwiftShader in `folder`, and no other driver. */
export function swiftShaderEnvironment(folder: string): Record<string, string> {
  const manifest = join(folder, MANIFEST);
  return { VK_ICD_FILENAMES: manifest, VK_DRIVER_FILES: manifest, LD_LIBRARY_PATH: folder };
}

/**
 * Runs `action`, which must do its work before it returns, with Vulkan's driver search limited to the SwiftShader in
 * `folder`. Restores the environment afterwards.
 *
 * @throws Error if the system can't load the library
 */
export function withSwiftShader<T>(folder: string, action: () => T): T {
  loadLibrary(join(folder, LOADER));
  const { VK_ICD_FILENAMES, VK_DRIVER_FILES } = process.env;
  const manifest = join(folder, MANIFEST);
  Object.assign(process.env, { VK_ICD_FILENAMES: manifest, VK_DRIVER_FILES: manifest });
  try {
    return action();
  } finally {
    restore('VK_ICD_FILENAMES', VK_ICD_FILENAMES);
    restore('VK_DRIVER_FILES', VK_DRIVER_FILES);
  }
}

function restore(name: string, value: string | undefined) {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

/**
 * Loads a shared library permanently, so that Dawn's later `dlopen` of its bare name finds it.
 *
 * @throws Error if the system can't load the library
 */
export function loadLibrary(path: string) {
  const RTLD_NODELETE = 0x1000; // glibc; Node has no constant for it, and unloads libraries that are not addons
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch (error) {
    // Node throws for every library that is not an addon, after it has loaded it.
    if (!String(error).includes('did not self-register')) throw error;
  }
}

function archivePath(): string {
  try {
    const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
    return join(dirname(entry), '../bin/swiftshader.tar.br');
  } catch {
    throw new NotInstalledError('The npm package @sparticuz/chromium, which contains SwiftShader, is not installed.');
  }
}

/**
 * Replaces a file that is missing or damaged by renaming a new one, because other processes may load the same file:
 * they never see it half written, and a loaded file never changes.
 */
async function writeUnlessIntact(path: string, content: Buffer) {
  const present = await readFile(path).catch(() => undefined);
  if (present?.equals(content)) return;
  const temporary = `${path}.${randomUUID()}`;
  try {
    await writeFile(temporary, content, { mode: 0o755 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * The regular files of a tar archive by name (POSIX.1-1988 ustar header: name at 0, octal size at 124, type at 156,
 * blocks of 512 bytes). Names are keys for look-up, not paths to write to.
 */
function regularFiles(tar: Buffer): Map<string, Buffer> {
  const text = (from: number, to: number) => tar.toString('latin1', from, to).replace(/\0.*/s, '');
  const files = new Map<string, Buffer>();
  let at = 0;
  while (at + 512 <= tar.length && tar[at] !== 0) {
    const start = at + 512;
    const bytes = Number.parseInt(text(at + 124, at + 136), 8);
    if (!(bytes >= 0 && start + bytes <= tar.length)) break;
    if (text(at + 156, at + 157) === '0') files.set(text(at, at + 100), tar.subarray(start, start + bytes));
    at = start + Math.ceil(bytes / 512) * 512;
  }
  return files;
}
