/**
 * Publishes all packages, each after its dependencies: `npm run release`. With `-- --dry-run` it does everything except
 * publish, and shows what it would publish. Both run every test first, and refuse a repository that must not be
 * released.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { manifestPaths, ownDependencies, readManifest } from './workspace.mjs';

/** Reports why there is no release, and exits. */
function refuse(reason) {
  console.error(`release: ${reason}`);
  process.exit(1);
}

const succeeds = (command, ...args) => spawnSync(command, args, { stdio: 'inherit' }).status === 0;

const wrong = process.argv.slice(2).find((argument) => argument !== '--dry-run');
if (wrong !== undefined) refuse(`takes only --dry-run, not ${wrong}.`);
// biome-ignore lint/suspicious/noUndeclaredEnvVars: npm sets it, and no task of Turborepo reads it
if (process.env.npm_config_dry_run === 'true')
  refuse('npm took --dry-run as its own option. Write `npm run release -- --dry-run`.');
const dryRun = process.argv.includes('--dry-run');

const { version } = readManifest('package.json');
const manifests = manifestPaths().map((path) => ({ path, manifest: readManifest(path) }));
for (const { path, manifest } of manifests) {
  const mend = `all versions must be the same. \`npm run bump -- ${version}\` sets them.`;
  if (!path.startsWith('examples') && manifest.version !== version)
    refuse(`${path} has version ${manifest.version}, the repository ${version}: ${mend}`);
  for (const [name, range] of ownDependencies(manifest))
    if (range !== `^${version}`) refuse(`${path} depends on ${name} ${range}, not ^${version}: ${mend}`);
}

const heading = `## [${version}] - `;
const changes = existsSync('CHANGELOG.md') ? readFileSync('CHANGELOG.md', 'utf8') : '';
const entry = changes.split('\n').find((line) => line.startsWith(heading));
if (!/\d{4}-\d{2}-\d{2}$/.test(entry ?? ''))
  refuse(
    `CHANGELOG.md has no entry '${heading}<date>'. Add it, with the changes that matter to users of the packages.`,
  );

const dirty = execFileSync('git', ['status', '--porcelain'], { encoding: 'utf8' }).trimEnd();
if (dirty !== '') refuse(`the working tree has uncommitted changes. Commit or stash them:\n${dirty}`);

if (!succeeds('npm', 'test')) refuse('`npm test` failed, so nothing is published.');

const published = new Map(
  manifests.filter(({ manifest }) => !manifest.private).map(({ path, manifest }) => [manifest.name, dirname(path)]),
);
const folder = mkdtempSync(join(tmpdir(), 'hourglass-release-'));
// The tests have built the packages; no script builds them again.
const pack = ['pack', '-r', '--json', '--config.ignore-scripts=true', '--pack-destination', folder];
const filters = [...published.keys()].flatMap((name) => ['--filter', name]);
const packed = JSON.parse(execFileSync('pnpm', [...pack, ...filters], { encoding: 'utf8' }));
rmSync(folder, { recursive: true });
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
for (const { name, version, size, files } of packed) {
  console.log(`\n${name} ${version}: ${files.length} files, ${kilobytes(size)} packed`);
  for (const { path } of files)
    console.log(`${kilobytes(statSync(join(published.get(name), path)).size).padStart(12)}  ${path}`);
}

if (dryRun) {
  const names = packed.map(({ name }) => name).join(', ');
  console.log(`\nNothing was published. Without --dry-run, these packages are, in this order: ${names}.`);
} else if (!succeeds('pnpm', 'publish', '-r', '--access', 'public', '--ignore-scripts')) {
  refuse('`pnpm publish -r` failed. Packages that it has published stay; run this again to publish the others.');
}
