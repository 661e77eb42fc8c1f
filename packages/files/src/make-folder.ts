import { existsSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing; returns the outermost one made, if any. Other processes may do the same at once.
 * Node's recursive mkdir never comes back where a folder is there but takes no entries, as in Linux's /proc.
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  if (existsSync(path)) return undefined;
  const above = await makeFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return above;
    for (let made = dirname(path); above !== undefined && made.length >= above.length; made = dirname(made)) {
      await rmdir(made).catch(() => undefined); // refuses a folder into which something has come
    }
    throw error;
  }
  return above ?? path;
}
