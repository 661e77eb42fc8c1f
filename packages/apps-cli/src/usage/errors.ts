import { DataError } from '@hourglass/datasets';
import { DownloadError } from '@hourglass/datasets/node';
import { ExportError } from '@hourglass/formats';
import { DivergedError, FileFormatError, WeightsError } from '@hourglass/nn';
import { NoAdapterError } from '@hourglass/node';
import { DeviceError, ShapeError } from '@hourglass/tensor';
import { CommanderError } from 'commander';

/** The meaning of the program's exit codes for scripts. */
export const EXIT = { done: 0, failed: 1, badInput: 2, interrupted: 130 } as const;

/** A user's mistake on the command line. The message is for the user, and says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A file that could not be written. The message names it and says why. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/** The user or the system asked the program to stop. The message says what was saved. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const BAD_INPUT = [UsageError, DataError, FileFormatError, WeightsError, ShapeError];
const FAILED = [OutputError, ExportError, DivergedError, DownloadError, NoAdapterError, DeviceError];

/** The message for the user about an error, and the exit code of the program. */
export function explain(error: unknown): { readonly message: string; readonly exitCode: number } {
  const isOneOf = (classes: readonly (new (...args: never[]) => Error)[]) =>
    classes.some((errorClass) => error instanceof errorClass);
  if (error instanceof CommanderError) return { message: inOneLine(error.message), exitCode: EXIT.badInput };
  if (error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd')
    return { message: 'the current folder no longer exists. Change to one that exists.', exitCode: EXIT.badInput };
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Interrupted) return { message, exitCode: EXIT.interrupted };
  if (isOneOf(BAD_INPUT)) return { message, exitCode: EXIT.badInput };
  if (isOneOf(FAILED)) return { message, exitCode: EXIT.failed };
  return {
    message: `something unexpected went wrong: ${message}\nThis is a bug in the program; --debug shows where it happened.`,
    exitCode: EXIT.failed,
  };
}

/** The reason for a system error, in words if its code is a common one. */
export function systemReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const words: Readonly<Record<string, string>> = {
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EACCES: 'permission denied',
    EPERM: 'not permitted',
    EROFS: 'the file system is read-only',
    ENAMETOOLONG: 'a name in it is too long',
    ENOENT: 'there is no such file',
    ENOTDIR: 'a part of the path is a file, not a folder',
    EISDIR: 'it is a folder',
    EFBIG: 'the file would exceed the size limit',
  };
  return words[code] === undefined ? code : `${words[code]}, ${code}`;
}

/** Commander's "error: unknown option '--epoch'\n(Did you mean --epochs?)" as one line of ours. */
function inOneLine(message: string): string {
  const [first = '', hint] = message.replace(/^error: /, '').split('\n');
  const sentence = /[.?!]$/.test(first) ? first : `${first}.`;
  return hint === undefined
    ? `${sentence} Use --help to see what is available.`
    : `${sentence} ${hint.replace(/^\((.*)\)$/, '$1')}`;
}
