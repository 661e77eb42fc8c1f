/** What Dawn and the Vulkan drivers write on standard error by themselves: nothing that a user can act on. */
import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { devNull } from 'node:os';

const STDERR = 2;

let hidden = false;

/**
 * From this call on Dawn and the drivers say nothing on standard error when they look for adapters. While they look, which takes some
 * milliseconds and happens inside {@link requestAdapter}, the whole process's standard error leads nowhere: programs that own the
 * process call this, libraries don't.
 */
export function hideDriverMessages(): void {
  hidden = true;
}

/**
 * Runs an action, if messages are hidden with standard error leading nowhere. The action must do its work before it returns, as Dawn does when it looks for
 * drivers. Only Vulkan's drivers are talkative; elsewhere, and where the system's functions can't be called, the action
 * runs as it is.
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
 * What Node lacks: it can't duplicate a descriptor, and a file opened a second time has a second position. Bundlers, which can't take
 * native packages in, don't see this one.
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
