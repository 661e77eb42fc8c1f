import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ROOT, runIn } from './packed-project.ts';

// A repository with two public packages and an example, in which `npm test` writes a file and passes.
let folder: string;
const manifest = (name: string, rest: object) => JSON.stringify({ name, version: '1.2.0', ...rest }, null, 2);
const FILES: Readonly<Record<string, string>> = {
  'package.json': manifest('repository', {
    private: true,
    scripts: { test: `node -e "fs.writeFileSync('tested', '')"` },
  }),
  'pnpm-workspace.yaml': 'packages: [packages/*]\nlinkWorkspacePackages: true\n',
  '.gitignore': 'tested\nnode_modules\n',
  'CHANGELOG.md': '# Changelog\n\n## [1.2.0] - 2026-11-27\n',
  'packages/a-model/package.json': manifest('@hourglass/a-model', { dependencies: { '@hourglass/engine': '^1.2.0' } }),
  'packages/engine/package.json': manifest('@hourglass/engine', {}),
  'packages/site/package.json': manifest('site', { private: true }),
  'examples/start/package.json': manifest('start', {
    version: undefined,
    dependencies: { '@hourglass/a-model': '^1.2.0' },
  }),
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hourglass-release-test-'));
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await runIn(folder, 'git', 'init', '--quiet', '--initial-branch', 'main');
  await commit();
});
afterEach(() => rm(folder, { recursive: true }));

async function commit(): Promise<void> {
  await runIn(folder, 'git', 'add', '--all');
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false'];
  await runIn(folder, 'git', ...identity, 'commit', '--allow-empty', '--quiet', '--message', 'Change');
}

/** Replaces text in a file and commits the change. */
async function change(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(folder, path), 'utf8');
  expect(text).toContain(from);
  await writeFile(join(folder, path), text.replace(from, to));
  await commit();
}

const script = (name: string, ...args: string[]) => {
  const path = [join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  return runIn(folder, 'env', `PATH=${path}`, 'node', join(ROOT, 'scripts', `${name}.mjs`), ...args);
};
const tested = () => readFile(join(folder, 'tested'));

test('the packages of this repository depend on each other as a release demands', async () => {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const listed = await runIn(ROOT, 'git', 'ls-files', 'package.json', '*/package.json');
  for (const path of listed.trimEnd().split('\n')) {
    const text = await readFile(join(ROOT, path), 'utf8');
    const ranges = [...text.matchAll(/"@hourglass\/[a-z-]+": "(\^?\d[^"]*)"/g)].map(([, range]) => range);
    expect([path, ranges]).toEqual([path, ranges.map(() => `^${version}`)]);
  }
});

test('a dry run runs the tests, and lists the packages to publish, each after its dependencies', async () => {
  const shown = await script('release', '--dry-run');
  await tested();
  expect(shown).toMatch(/@hourglass\/engine 1\.2\.0: 1 files, 0\.\d kB packed\n +0\.1 kB {2}package\.json/);
  expect(shown).toContain('Nothing was published.');
  expect(shown).toContain('in this order: @hourglass/engine, @hourglass/a-model.');
});

describe('a release is refused before any test runs', () => {
  test.each([
    [
      'packages/engine/package.json',
      '1.2.0',
      '1.3.0',
      /engine.package\.json has version 1\.3\.0, the repository 1\.2\.0/,
    ],
    [
      'packages/a-model/package.json',
      '^1.2.0',
      '^1.1.0',
      /a-model.package\.json depends on @hourglass\/engine \^1\.1\.0/,
    ],
    ['examples/start/package.json', '^1.2.0', '^1.1.0', /start.package\.json depends on @hourglass\/a-model \^1\.1\.0/],
    ['CHANGELOG.md', '[1.2.0]', '[Unreleased]', /CHANGELOG\.md has no entry '## \[1\.2\.0\] - <date>'/],
    ['CHANGELOG.md', ' - 2026-11-27', '', /CHANGELOG\.md has no entry/],
  ])('with another text in %s', async (path, from, to, reason) => {
    await change(path, from, to);
    await expect(script('release', '--dry-run')).rejects.toThrow(reason);
    await expect(tested()).rejects.toThrow('ENOENT');
  });

  test('with uncommitted changes', async () => {
    await appendFile(join(folder, 'CHANGELOG.md'), 'more\n');
    await expect(script('release', '--dry-run')).rejects.toThrow(/uncommitted changes.*\n M CHANGELOG\.md/);
    await expect(tested()).rejects.toThrow('ENOENT');
  });

  test('with an option that npm has not passed on', async () => {
    vi.stubEnv('npm_config_dry_run', 'true');
    await expect(script('release').finally(vi.unstubAllEnvs)).rejects.toThrow('npm took --dry-run as its own option');
  });

  test('with an unknown option', async () => {
    await expect(script('release', '--dryrun')).rejects.toThrow('not --dryrun');
  });
});

test('nothing is published if a test fails', async () => {
  await change('package.json', `fs.writeFileSync('tested', '')`, 'process.exit(1)');
  await expect(script('release')).rejects.toThrow('`npm test` failed, so nothing is published.');
});

test('a release publishes the public packages in order', async () => {
  const published: string[] = [];
  const registry = createServer((request, response) => {
    if (request.method === 'PUT') published.push(decodeURIComponent(request.url!.slice(1)));
    request.resume().on('end', () => response.writeHead(request.method === 'PUT' ? 201 : 404).end('{}'));
  });
  await new Promise<void>((listening) => void registry.listen(0, '127.0.0.1', listening));
  const url = `127.0.0.1:${(registry.address() as { port: number }).port}/`;
  await writeFile(join(folder, '.npmrc'), `registry=http://${url}\n//${url}:_authToken=none\n`);
  await commit();
  await script('release').finally(() => registry.close());
  expect(published).toEqual(['@hourglass/engine', '@hourglass/a-model']);
});

test.each(['minor', '1.3.0'])('bump %s sets all versions and ranges', async (bump) => {
  await change('packages/engine/package.json', '1.2.0', bump === 'minor' ? '1.2.0' : '1.3.0');
  await script('bump', bump);
  for (const [path, text] of Object.entries(FILES)) {
    if (path.endsWith('.json'))
      expect(JSON.parse(await readFile(join(folder, path), 'utf8')), path).toEqual(
        JSON.parse(text.replaceAll('1.2.0', '1.3.0')),
      );
  }
  await commit();
  await expect(script('release', '--dry-run')).rejects.toThrow(/no entry '## \[1\.3\.0\]/);
});
