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
  await replaceBy(path, temporary, async () => {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
    } finally {
      await file.close();
    }
  });
}

/**
 * Replaces a file with one that `make` writes under a temporary name.
 *
 * @throws system errors, and those of `make`; then nothing is left of the new file
 */
export async function replaceBy<Result>(path: string, temporary: string, make: () => Promise<Result>): Promise<Result> {
  try {
    const result = await make();
    await sync(temporary, 'r+');
    await rename(temporary, path);
    // Makes the rename survive a power cut (fsync(2) on the folder). Windows can't do this, and does not need it.
    if (process.platform !== 'win32') await sync(dirname(path), 'r');
    return result;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function sync(path: string, flags: string): Promise<void> {
  const file = await open(path, flags);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
