import { type FileHandle, open, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { makeFolder } from '@hourglass/files';
import { OutputError, systemReason } from '../usage/errors.ts';
import { toUser } from './paths.ts';
import { replaceBy } from './write-whole.ts';

/** A file that is written part by part. */
export interface PartFile {
  /** Appends to the file. @throws OutputError */
  write(content: string | Uint8Array): Promise<void>;
  /** Replaces bytes at the beginning. @throws OutputError */
  overwrite(content: Uint8Array): Promise<void>;
}

/**
 * Writes a file part by part, as `FILE.part`, and renames it when `work` is done. A run that is stopped leaves
 * `FILE.part`, which the next run replaces. Devices and pipes are not replaced: other programs use them.
 *
 * @param option the option that names the file, for errors
 * @throws OutputError if it can't be written, and the errors of `work`
 */
export async function writeParts<Result>(
  path: string,
  option: string,
  work: (file: PartFile) => Promise<Result>,
): Promise<Result> {
  const attempt = attemptTo(path, option);
  const writeTo = async (target: string): Promise<Result> => {
    const file = await attempt(open(target, 'w'));
    try {
      return await work({
        write: (content) => attempt(file.writeFile(content)),
        overwrite: (content) => attempt(overwrite(file, content)),
      });
    } finally {
      await file.close();
    }
  };
  if (await attempt(isSpecial(path))) return writeTo(path);
  const target = await attempt(followed(path));
  await attempt(makeFolder(dirname(target)));
  const temporary = `${target}.part`;
  return attempt(replaceBy(target, temporary, () => writeTo(temporary)));
}

/** Whether something exists under a path that is not a regular file. @throws system errors */
export async function isSpecial(path: string): Promise<boolean> {
  const about = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  return about !== undefined && !about.isFile();
}

/** The file, perhaps missing, that a chain of symbolic links ends at. @throws system errors if a link leads nowhere */
export async function followed(path: string): Promise<string> {
  const link = await readlink(path).catch(() => undefined);
  return link === undefined ? path : followed(resolve(await realpath(dirname(path)), link));
}

/** Turns system errors into an {@link OutputError} about a file. */
export const attemptTo =
  (path: string, option: string) =>
  <Result>(action: Promise<Result>): Promise<Result> =>
    action.catch((error: unknown) => {
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      throw new OutputError(
        `${toUser(path)} can't be written: ${systemReason(error)}. Choose another file with ${option}.`,
      );
    });

async function overwrite(file: FileHandle, content: Uint8Array): Promise<void> {
  await file.write(content, 0, content.length, 0);
}
