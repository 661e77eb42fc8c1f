import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file under a temporary name, syncs it and renames it, so that it is never half written, and the previous
 * file remains until then.
 *
 * @param temporary the temporary name
 * @throws system errors; then nothing is left of the new file
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array,
  temporary = `${path}.${randomUUID()}.tmp`,
): Promise<void> {
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Makes a rename survive a power cut (fsync(2) on the folder); Windows can't do this, and does not need it. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
