import { randomUUID } from 'node:crypto';
import { link, lstat, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { toUser } from '../io/paths.ts';
import { UsageError } from '../usage/errors.ts';

/** The name of the file. */
export const LOCK = 'lock';

/**
 * Keeps other processes from writing into a run folder: a file with the number and machine of the process. A lock whose
 * process no longer exists, as after a power cut, does not count.
 */
export class RunLock {
  private readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Takes the lock.
   *
   * @throws UsageError if a running process is using the folder; system errors if the file can't be written
   */
  static async take(folder: string): Promise<RunLock> {
    const path = join(folder, LOCK);
    const own = `${process.pid} ${hostname()}\n`;
    for (;;) {
      if (await create(path, own)) return new RunLock(path);
      const found = await contentOf(path);
      if (found === undefined) continue; // released in the meantime
      if (isAlive(found)) {
        const [pid, host] = found.trim().split(' ');
        throw new UsageError(
          `${toUser(folder)} is being trained by process ${pid} on ${host}. Wait for it, or stop it; if there is no such process, remove ${toUser(path)}.`,
        );
      }
      await remove(path, found);
    }
  }

  async release(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

/**
 * Creates the lock; false if there is one already. The file appears together with its content, because an empty lock
 * does not count.
 */
async function create(path: string, content: string): Promise<boolean> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await writeFile(aside, content, { flag: 'wx' });
    await link(aside, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error;
      return writeFile(path, content, { flag: 'wx' }); // a file system without links
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/**
 * The content of a lock; undefined if there is none. A link or a pipe, which may come from a stranger, counts as empty.
 *
 * @throws system errors if it can't be read or is a folder
 */
async function contentOf(path: string): Promise<string | undefined> {
  try {
    const about = await lstat(path);
    if (about.isDirectory()) throw Object.assign(new Error(), { code: 'its lock is a folder' });
    return about.isFile() ? await readFile(path, 'utf8') : '';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether the process that wrote a lock may still be running; for other machines, this is unknown. */
function isAlive(lock: string): boolean {
  const [pid, host] = lock.trim().split(' ');
  if (!/^[1-9]\d*$/.test(pid ?? '')) return false; // cut short by a full disk
  if (host !== hostname()) return true;
  if (Number(pid) === process.pid) return false; // left by a process that had the same number, as in a container
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes a stale lock, but not one that another process has created in the meantime. */
async function remove(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => undefined);
  const taken = (await contentOf(aside)) ?? stale;
  if (taken !== stale) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}
