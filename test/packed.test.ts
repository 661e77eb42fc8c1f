import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build as bundleWithEsbuild } from 'esbuild';
import type { Browser, Page } from 'playwright';
import { build as bundleWithVite } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Stats, webpack } from 'webpack';
import { openChromium } from '../packages/apps-web/test/chromium.ts';
import { readSafetensors } from '../packages/nn/src/index.ts';
import { inPage } from './packed-page.ts';
import { install, newProject, PACKAGES, packAll, ROOT, runIn } from './packed-project.ts';
import { openRegistry, type Registry } from './packed-registry.ts';

let tarballs: ReadonlyMap<string, string>;
let registry: Registry;
let browser: Browser;
let folder: string;
const folders: string[] = [];
beforeAll(async () => {
  tarballs = await packAll();
  folders.push(dirname(tarballs.get('tensor')!));
  registry = await openRegistry(tarballs.values());
  browser = await openChromium();
  folder = await newProject(registry);
  folders.push(folder);
  await mkdir(join(folder, 'src'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
  await install(folder, ...PACKAGES.map((name) => `@hourglass/${name}`), '@types/node@20.19.25');
});
afterAll(async () => {
  await browser?.close();
  registry?.close();
  for (const path of folders) await rm(path, { recursive: true });
});

/** The programs in the documents: every block marked `ts` is a whole program. */
async function programs(): Promise<{ readonly name: string; readonly code: string }[]> {
  const docs = (await readdir(join(ROOT, 'docs'))).filter((file) => file.endsWith('.md'));
  const files = [
    'README.md',
    ...docs.map((file) => `docs/${file}`),
    ...PACKAGES.map((name) => `packages/${name}/README.md`),
  ];
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
  test.each(PACKAGES)('%s passes publint and attw, and has its README and licence', async (name) => {
    const tarball = tarballs.get(name)!;
    expect(await runIn(ROOT, 'npx', 'publint', '--strict', tarball)).toContain('All good!');
    await runIn(ROOT, 'npx', 'attw', '--profile', 'esm-only', tarball); // fails if there is a problem
    const files = await runIn(folder, 'tar', '-tf', tarball);
    for (const file of ['README.md', 'LICENSE', 'package.json']) expect(files).toContain(`package/${file}\n`);
  });

  test('the engine has no dependencies, and the layers only the engine and jsfive', async () => {
    const dependencies = async (name: string) => {
      const text = await readFile(join(folder, 'node_modules/@hourglass', name, 'package.json'), 'utf8');
      return Object.keys((JSON.parse(text) as { dependencies?: object }).dependencies ?? {});
    };
    expect(await dependencies('tensor')).toEqual([]);
    expect(await dependencies('nn')).toEqual(['@hourglass/tensor', 'jsfive']);
  });

  test('the declarations contain no internals', async () => {
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
  expect(printed.get('docs-variables-1')).toBe('11\n11\n');
  expect(printed.get('packages-formats-README-1')).toBe('encoder.onnx\ndecoder.onnx\nmodel.onnx\n');
  // With a constant output, the loss is half the mean variance of the curve's coordinates, 0.158; half of that is the
  // limit.
  const curve = printed.get('docs-building-blocks-1')!.trim().split('\n');
  expect(Number(/validation loss (\d\.\d{5})$/.exec(curve.at(-1)!)![1])).toBeLessThan(0.158 / 2);
  // Bumps of e^-(x/w)² with w of 1 and 3, anywhere on 16 pixels, have a variance of about 0.1, which a constant output
  // leaves; half of that is the limit.
  const bumps = printed.get('docs-building-blocks-2')!.trim().split('\n');
  expect(Number(/^loss (0\.\d{4})$/.exec(bumps.at(-1)!)![1])).toBeLessThan(0.05);
  // The variance of 0.5 + 0.4 sin is 0.08, which a constant output leaves; half of that is the limit.
  const losses = printed.get('docs-your-own-data-1')!.trim().split('\n');
  expect(Number(/^epoch 20: loss (0\.\d{4})$/.exec(losses.at(-1)!)![1])).toBeLessThan(0.04);
  const file = new Uint8Array(await readFile(join(folder, 'waves.safetensors')));
  expect(readSafetensors(file, 'waves').tensors.size).toBe(8); // kernel and bias of four layers
});

test('the command runs from its tarball, with the weights that ship', async () => {
  await runIn(folder, 'npx', 'hourglass', 'sample', 'fashion-vae', '--count', '4', '--out', 'samples', '--quiet');
  expect((await readdir(join(folder, 'samples'))).some((file) => file.endsWith('.png'))).toBe(true);
});

describe('the program of nn runs in a page', () => {
  beforeAll(async () => {
    const { code } = (await programs()).find(({ name }) => name === 'packages-nn-README-1')!;
    const inPage = code.replace("'@hourglass/node'", "'@hourglass/tensor/web'").replaceAll('console.log', 'report');
    const report = 'const report = (...words: unknown[]) => { document.title += words.join(" ") + ";"; };\n';
    await writeFile(join(folder, 'src/page.ts'), inPage.replace('\n\n', `\n${report}`));
    await writeFile(join(folder, 'index.html'), '<script type="module" src="./src/page.ts"></script>');
  });

  /** Makes a folder with a page that runs the folder's `page.js`. */
  async function pageFolder(name: string): Promise<string> {
    const path = join(folder, name);
    await mkdir(path);
    await writeFile(join(path, 'index.html'), '<script type="module" src="/page.js"></script>');
    return path;
  }

  const finished = async (page: Page) => {
    await expect.poll(() => page.title(), { timeout: 120_000 }).toMatch(/done/);
  };

  test('bundled by esbuild, in less than 60 kB', async () => {
    const path = await pageFolder('esbuild');
    const outfile = join(path, 'page.js');
    await bundleWithEsbuild({
      entryPoints: [join(folder, 'src/page.ts')],
      ...{ outfile, bundle: true, minify: true, format: 'esm', absWorkingDir: folder },
    });
    expect(gzipSync(await readFile(outfile)).length).toBeLessThan(60_000);
    await inPage(browser, path, finished);
  });

  test('bundled by Vite', async () => {
    await bundleWithVite({ root: folder, logLevel: 'error', configFile: false });
    await inPage(browser, join(folder, 'dist'), finished);
  });

  test('bundled by webpack', async () => {
    const path = await pageFolder('webpack');
    const entry = join(folder, 'src/page.js'); // without types, which webpack does not handle
    await bundleWithEsbuild({ entryPoints: [join(folder, 'src/page.ts')], outfile: entry, format: 'esm' });
    const output = { path, filename: 'page.js' };
    const stats = await new Promise<Stats | undefined>((resolve, reject) => {
      webpack({ mode: 'production', context: folder, entry, output }, (error, stats) =>
        error ? reject(error) : resolve(stats),
      );
    });
    expect(stats?.toJson({ all: false, errors: true }).errors).toEqual([]);
    await inPage(browser, path, finished);
  });
});

describe('the example', () => {
  /** Copies an example out of the repository, and installs the dependencies in its package.json. */
  async function installed(name: string): Promise<string> {
    const copy = await newProject(registry);
    folders.push(copy);
    await cp(join(ROOT, 'examples', name), copy, { recursive: true });
    await install(copy);
    return copy;
  }

  test('node-waves is the program of the documents, and learns', async () => {
    const path = await installed('node-waves');
    const { code } = (await programs()).find(({ name }) => name === 'docs-your-own-data-1')!;
    expect(await readFile(join(path, 'src/waves.ts'), 'utf8')).toBe(code);
    const printed = await runIn(path, 'npm', 'run', '--silent', 'start');
    expect(printed).toMatch(/^epoch 20: loss 0\.0[0-3]\d\d$/m); // see above
  });

  test('custom-op confirms its gradients, and solves its equation', async () => {
    const path = await installed('custom-op');
    const printed = await runIn(path, 'npm', 'run', '--silent', 'start');
    expect(printed).toContain('agree with finite differences');
    const [, numbers] = /softsign\(\[(.*?)\]/.exec(printed)!;
    // softsign(3/7) = 0.3; 0.3 + 0, 0.3 + 0 + 0.3, 0 + 0.3 - 0.3 and 0.3 - 0.3, over 3, are the wanted numbers.
    const solution = [3 / 7, 0, 3 / 7, -3 / 7].map((value) => expect.closeTo(value, 2));
    expect(numbers!.split(', ').map(Number)).toEqual(solution);
  });

  test('vite-latent trains, and the face follows the point', async () => {
    const path = await installed('vite-latent');
    await runIn(path, 'npm', 'run', '--silent', 'build');
    await inPage(browser, join(path, 'dist'), async (page) => {
      await expect.poll(() => page.textContent('#status'), { timeout: 120_000 }).toMatch(/^Epoch/);
      const { x, y, width } = (await page.locator('#plane').boundingBox())!;
      const dragTo = ([column, row]: readonly [number, number]) =>
        page.mouse.move(x + ((column + 0.5) / 9) * width, y + ((row + 0.5) / 9) * width);
      /** The largest difference of a pixel, out of 255, between the face and the map's face in a tile. */
      const apart = ([column, row]: readonly [number, number]) =>
        page.evaluate(
          ([left, top]) => {
            const pixels = (id: string, ...from: [number, number]) =>
              document
                .querySelector<HTMLCanvasElement>(id)!
                .getContext('2d')!
                .getImageData(...from, 32, 32).data;
            const tile = pixels('#map', left, top);
            return pixels('#face', 0, 0).reduce((most, value, i) => Math.max(most, Math.abs(value - tile[i]!)), 0);
          },
          [32 * column, 32 * row] as const,
        );
      const [one, ...others] = [
        [1, 1],
        [7, 1],
        [1, 7],
        [7, 7],
      ] as const;
      await dragTo(one);
      await page.mouse.down();
      // The point is up to one screen pixel away from the middle of the tile.
      await expect.poll(() => apart(one), { timeout: 60_000 }).toBeLessThan(16);
      // Once the model has learnt something, another corner has another face; which corner differs from run to run.
      let unlike: readonly number[] = [];
      const most = async () => {
        unlike = await Promise.all(others.map(apart));
        return Math.max(...unlike);
      };
      await expect.poll(most, { timeout: 180_000 }).toBeGreaterThan(64);
      const other = others[unlike.indexOf(Math.max(...unlike))]!;
      await dragTo(other);
      await expect.poll(() => apart(other), { timeout: 60_000 }).toBeLessThan(16);
    });
  });
});
