import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build as bundleWithEsbuild } from 'esbuild';
import { build as bundleWithVite } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openChromium } from '../packages/apps-web/test/chromium.ts';
import { readSafetensors } from '../packages/nn/src/index.ts';
import { install, PACKAGES, packAll, ROOT, runIn } from './packed-project.ts';

let tarballs: ReadonlyMap<string, string>;
let folder: string;
beforeAll(async () => {
  tarballs = await packAll();
  folder = await install(tarballs);
});
afterAll(async () => {
  const left = [folder, ...(tarballs === undefined ? [] : [dirname(tarballs.get('tensor')!)])];
  for (const path of left) if (path !== undefined) await rm(path, { recursive: true });
});

/** The programs that the documents print, in the order of the documents. */
async function programs(): Promise<{ readonly name: string; readonly code: string }[]> {
  const files = ['README.md', 'docs/your-own-data.md', ...PACKAGES.map((name) => `packages/${name}/README.md`)];
  const found = [];
  for (const file of files) {
    const text = await readFile(join(ROOT, file), 'utf8');
    const blocks = [...text.matchAll(/```ts\n([\s\S]*?)```/g)];
    const name = file.replaceAll('/', '-').replace('.md', '');
    found.push(...blocks.map(([, code], i) => ({ name: `${name}-${i + 1}`, code: code! })));
  }
  return found;
}

describe('the packages', () => {
  test.each(PACKAGES)('%s has nothing that publint or attw object to', async (name) => {
    const tarball = tarballs.get(name)!;
    expect(await runIn(ROOT, 'npx', 'publint', '--strict', tarball)).toContain('All good!');
    await runIn(ROOT, 'npx', 'attw', '--profile', 'esm-only', tarball); // fails at a problem
    const files = await runIn(folder, 'tar', '-tf', tarball);
    for (const file of ['README.md', 'LICENSE', 'package.json']) expect(files).toContain(`package/${file}\n`);
  });

  test('the engine brings nothing but itself', async () => {
    const dependencies = async (name: string) => {
      const text = await readFile(join(folder, 'node_modules/@hourglass', name, 'package.json'), 'utf8');
      return Object.keys((JSON.parse(text) as { dependencies?: object }).dependencies ?? {});
    };
    expect(await dependencies('tensor')).toEqual([]);
    expect(await dependencies('nn')).toEqual(['@hourglass/tensor', 'jsfive']);
  });

  test('their types have no internals', async () => {
    const path = join(folder, 'node_modules/@hourglass/tensor/dist');
    const types = (await readdir(path, { recursive: true })).filter((file) => file.endsWith('.d.ts'));
    expect(types.length).toBeGreaterThan(10);
    for (const file of types) expect(await readFile(join(path, file), 'utf8')).not.toContain('@internal');
  });
});

test('the programs of the documents compile strictly and run', async () => {
  const all = await programs();
  for (const { name, code } of all) await writeFile(join(folder, 'src', `${name}.ts`), code);
  const options = {
    ...{
      strict: true,
      noUncheckedIndexedAccess: true,
      module: 'nodenext',
      target: 'es2022',
      outDir: 'out',
      rootDir: 'src',
    },
    ...{ lib: ['ES2023', 'DOM'], types: ['node'] },
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['src'] }));
  await runIn(folder, join(ROOT, 'node_modules/.bin/tsc'));
  const printed = new Map<string, string>();
  for (const { name } of all) printed.set(name, await runIn(folder, 'node', `out/${name}.js`));

  // 200 steps of gradient descent leave about 1e-6; float32 rounding is smaller.
  for (const name of ['README-1', 'packages-tensor-README-1']) {
    const fitted = printed.get(name)!.trim().split(' ').map(Number);
    expect(fitted).toEqual([expect.closeTo(2, 4), expect.closeTo(1, 4)]);
  }
  // The variance of 0.5 + 0.4 sin is 0.08: half of what a constant leaves.
  const losses = printed.get('docs-your-own-data-1')!.trim().split('\n');
  expect(Number(/^epoch 20: loss (0\.\d{4})$/.exec(losses.at(-1)!)![1])).toBeLessThan(0.04);
  const file = new Uint8Array(await readFile(join(folder, 'waves.safetensors')));
  expect(readSafetensors(file, 'waves').tensors.size).toBe(8); // kernel and bias of four layers
});

test('the command runs from its tarball, with the weights that ship', async () => {
  await runIn(folder, 'npx', 'hourglass', 'sample', 'fashion-vae', '--count', '4', '--out', 'samples', '--quiet');
  expect((await readdir(join(folder, 'samples'))).some((file) => file.endsWith('.png'))).toBe(true);
});

describe('in a browser', () => {
  let browser: Awaited<ReturnType<typeof openChromium>>;
  beforeAll(async () => {
    browser = await openChromium();
    const { code } = (await programs()).find(({ name }) => name === 'packages-nn-README-1')!;
    const inPage = code.replace("'@hourglass/node'", "'@hourglass/tensor/web'").replaceAll('console.log', 'report');
    const report = 'const report = (...words: unknown[]) => { document.title += words.join(" ") + ";"; };\n';
    await writeFile(join(folder, 'src/page.ts'), inPage.replace('\n\n', `\n${report}`));
    await writeFile(join(folder, 'index.html'), '<script type="module" src="./src/page.ts"></script>');
  });
  afterAll(() => browser?.close());

  /** The title of a page once its program, which is the one file of `bundle`, has reported. */
  async function outcome(bundle: string): Promise<string> {
    const server = createServer(async (request, response) => {
      const script = request.url === '/page.js';
      response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
      response.end(script ? await readFile(bundle) : '<script type="module" src="/page.js"></script>');
    });
    await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    const { port } = server.address() as { port: number };
    await page.goto(`http://127.0.0.1:${port}/`);
    await expect.poll(async () => [await page.title(), ...faults].join(), { timeout: 120_000 }).not.toBe('');
    await expect.poll(async () => page.title(), { timeout: 120_000 }).toMatch(/done/);
    const title = await page.title();
    await page.close();
    server.close();
    return title;
  }

  test('the program of nn runs bundled by esbuild, in less than 60 kB', async () => {
    const outfile = join(folder, 'esbuild/page.js');
    await bundleWithEsbuild({
      entryPoints: [join(folder, 'src/page.ts')],
      ...{ outfile, bundle: true, minify: true, format: 'esm', absWorkingDir: folder },
    });
    expect(gzipSync(await readFile(outfile)).length).toBeLessThan(60_000);
    expect(await outcome(outfile)).toMatch(/done/);
  });

  test('and by Vite', async () => {
    await bundleWithVite({ root: folder, logLevel: 'error', configFile: false });
    const [file] = (await readdir(join(folder, 'dist/assets'))).filter((name) => name.endsWith('.js'));
    expect(await outcome(join(folder, 'dist/assets', file!))).toMatch(/done/);
  });
});
