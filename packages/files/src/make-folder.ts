import { existsSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and its missing parents; returns the outermost folder made, if any. Other processes may do the same at
 * once. Node's recursive mkdir never returns if a folder exists but accepts no entries, as in Linux's /proc.
 *
 * @throws the system's error if a folder can't be made; the folders made so far are removed
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  if (existsSync(path)) return undefined;
  const above = await makeFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return above;
    for (let made = dirname(path); above !== undefined && made.length >= above.length; made = dirname(made)) {
      await rmdir(made).catch(() => undefined); // fails if the folder is no longer empty
    }
    throw error;
  }
  return above ?? path;
}
