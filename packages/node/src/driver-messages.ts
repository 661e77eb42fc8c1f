/** Hides what Dawn and the Vulkan drivers write to standard error: nothing that a user can act on. */
import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { devNull } from 'node:os';

const STDERR = 2;

let hidden = false;

/**
 * After this call, Dawn and the drivers write nothing to standard error when they search for adapters. During the
 * search, which takes some milliseconds inside {@link requestAdapter}, the whole process's standard error is discarded:
 * programs that own the process may call this, libraries must not.
 */
export function hideDriverMessages(): void {
  hidden = true;
}

/**
 * Runs an action; if messages are hidden, with standard error discarded. The action must do its work before it returns,
 * as Dawn does when it searches for drivers. Only Vulkan's drivers write messages; on other systems, and where the
 * system's functions can't be called, the action just runs.
 */
export function quietly<Result>(action: () => Result): Result {
  const system = hidden && process.platform === 'linux' ? systemFunctions() : undefined;
  const kept = system?.dup(STDERR) ?? -1;
  if (system === undefined || kept < 0) return action(); // below 0: standard error is closed
  const nowhere = openSync(devNull, 'w');
  system.dup2(nowhere, STDERR);
  closeSync(nowhere);
  try {
    return action();
  } finally {
    system.dup2(kept, STDERR);
    closeSync(kept);
  }
}

/**
 * The system functions that Node lacks: Node can't duplicate a descriptor, and a file opened twice has two positions.
 * `createRequire` hides koffi from bundlers, which can't include native packages.
 */
function systemFunctions() {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const library = koffi.load(null);
    const dup: (descriptor: number) => number = library.func('int dup(int)');
    const dup2: (from: number, to: number) => number = library.func('int dup2(int, int)');
    return { dup, dup2 };
  } catch {
    return undefined; // koffi has no build for this machine
  }
}
