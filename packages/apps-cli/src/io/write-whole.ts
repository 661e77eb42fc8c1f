import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file under another name, synced, and renames it, so that it is never half written, and the one before it stays until then.
 *
 * @param temporary the other name
 * @throws system errors; nothing is left of the file then
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

/** Makes a rename outlast a power cut (fsync(2) on the folder); Windows can't, and does not need to. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
