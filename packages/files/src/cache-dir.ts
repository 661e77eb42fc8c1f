import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

/**
 * The folder `hourglass` in the platform's cache folder: `XDG_CACHE_HOME` or `~/.cache` on Linux (XDG Base Directory
 * Specification: relative values are ignored), `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows.
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
