/**
 * Sets the next version of all packages: `npm run bump -- patch`, `minor`, `major` or a version. Also updates the
 * version ranges by which packages and examples depend on each other.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { manifestPaths, readManifest } from './workspace.mjs';

const [bump, ...others] = process.argv.slice(2);
if (bump === undefined || others.length > 0) {
  console.error('bump: takes patch, minor, major or a version, such as `npm run bump -- minor`.');
  process.exit(2);
}
execFileSync('pnpm', ['version', bump, '-r', '--allow-same-version', '--no-git-checks'], { stdio: 'inherit' });
const { version } = readManifest('package.json');
for (const path of manifestPaths()) {
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replaceAll(/("@hourglass\/[a-z-]+": )"\^?\d[^"]*"/g, `$1"^${version}"`));
}
execFileSync('pnpm', ['install', '--lockfile-only', '--loglevel', 'error'], { stdio: 'inherit' });
