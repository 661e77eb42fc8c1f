import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

/**
 * The platform's folder for caches, with `hourglass` in it: `XDG_CACHE_HOME` or `~/.cache` on Linux (XDG Base Directory
 * Specification: a relative value does not count), `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows.
 */
export function defaultCacheDir(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (platform === 'win32') return win32.join(env.LOCALAPPDATA || win32.join(home, 'AppData', 'Local'), 'hourglass');
  if (platform === 'darwin') return posix.join(home, 'Library', 'Caches', 'hourglass');
  const xdg = env.XDG_CACHE_HOME ?? '';
  return posix.join(posix.isAbsolute(xdg) ? xdg : posix.join(home, '.cache'), 'hourglass');
}
