import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdapterInfo, type Finding, requestAdapter } from '../src/index.ts';

/** Doubles 64 numbers: an adapter that is listed may still compute nothing. Its source also runs in child processes. */
async function double(adapter: GPUAdapter): Promise<number[]> {
  const device = await adapter.requestDevice();
  const code = `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
    @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) { x[id.x] *= 2; }`;
  const pipeline = device.createComputePipeline({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }) },
  });
  const [MAP_READ, COPY_SRC, COPY_DST, STORAGE] = [0x1, 0x4, 0x8, 0x80]; // of GPUBufferUsage, which is global only in browsers
  const buffer = device.createBuffer({ size: 256, usage: STORAGE | COPY_SRC | COPY_DST });
  const result = device.createBuffer({ size: 256, usage: COPY_DST | MAP_READ });
  device.queue.writeBuffer(
    buffer,
    0,
    Float32Array.from({ length: 64 }, (_, i) => i),
  );
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries: [{ binding: 0, resource: { buffer } }] }),
  );
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(buffer, 0, result, 0, 256);
  device.queue.submit([encoder.finish()]);
  await result.mapAsync(1);
  const numbers = [...new Float32Array(result.getMappedRange())];
  device.destroy();
  return numbers;
}

const doubled = Array.from({ length: 64 }, (_, i) => 2 * i);

/** The answer of a child process, or the name and message of its error. */
interface Answer {
  readonly info?: AdapterInfo;
  readonly numbers?: number[];
  readonly environment?: Record<string, string>;
  readonly findings?: Finding[];
  readonly error?: { name: string; message: string };
}

// Child processes simulate a machine without drivers: their Vulkan loader is pointed at none.
const bare = process.platform === 'linux' && process.arch === 'x64';
if (!bare) console.warn('SKIPPED: the tests of the bundled SwiftShader, which exists only for linux-x64');
const bareTest = bare ? test : test.skip;
const NO_DRIVERS = { VK_ICD_FILENAMES: '/nonexistent', VK_DRIVER_FILES: '/nonexistent' };

let entry: string; // inside the package, so that the bundle finds its external packages
let cacheDir: string;

beforeAll(async () => {
  const scratch = join(import.meta.dirname, '../node_modules/.cache');
  await mkdir(scratch, { recursive: true });
  entry = join(await mkdtemp(join(scratch, 'node-adapter-')), 'entry.mjs');
  cacheDir = await mkdtemp(join(tmpdir(), 'node-adapter-'));
  await build({
    stdin: {
      contents: `
        import { probeAdapters, requestAdapter } from '../src/index.ts';
        const double = ${double};
        const [choice, cacheDir] = process.argv.slice(2);
        const answer = async () => {
          if (choice === 'probe') return { findings: await probeAdapters({ cacheDir }) };
          const { adapter, info } = await requestAdapter(choice, { cacheDir });
          const { VK_ICD_FILENAMES, VK_DRIVER_FILES } = process.env;
          return { info, numbers: await double(adapter), environment: { VK_ICD_FILENAMES, VK_DRIVER_FILES } };
        };
        const failed = ({ name, message }) => ({ error: { name, message } });
        console.log(JSON.stringify(await answer().catch(failed)));`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    conditions: ['@hourglass/source'],
    platform: 'node',
    format: 'esm',
    external: ['webgpu', '@sparticuz/chromium'],
    loader: { '.wgsl': 'text' },
    outfile: entry,
  });
});

afterAll(async () => {
  await rm(join(entry, '..'), { recursive: true });
  await rm(cacheDir, { recursive: true });
});

async function withoutDrivers(choice: string, cache: string, environment = {}): Promise<Answer> {
  const env = { ...process.env, ...NO_DRIVERS, ...environment };
  const { stdout } = await promisify(execFile)(process.execPath, [entry, choice, cache], { env });
  return JSON.parse(stdout);
}

async function unpacked(cache: string): Promise<Record<string, Buffer>> {
  const [folder] = await readdir(cache);
  const names = await readdir(join(cache, folder!));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(cache, folder!, name))])),
  );
}

test("this machine's adapter computes", async () => {
  const { adapter, info } = await requestAdapter('auto', { cacheDir });
  expect(info.backend).toBe({ darwin: 'metal', win32: 'd3d12' }[process.platform as string] ?? 'vulkan');
  expect(info.kind === 'software').toBe(adapter.info.isFallbackAdapter);
  expect(await double(adapter)).toEqual(doubled);
});

test('each request returns an adapter that makes a device', async () => {
  const requests = [await requestAdapter('auto', { cacheDir }), await requestAdapter('auto', { cacheDir })];
  for (const { adapter } of requests) (await adapter.requestDevice()).destroy();
});

bareTest('without drivers the bundled SwiftShader computes, and the environment is unchanged', async () => {
  const { info, numbers, environment } = await withoutDrivers('auto', cacheDir);
  expect(info).toMatchObject({ kind: 'software', origin: 'bundled SwiftShader', backend: 'vulkan' });
  expect(info?.name).toContain('SwiftShader');
  expect(numbers).toEqual(doubled);
  expect(environment).toEqual(NO_DRIVERS);
});

bareTest('without a Vulkan loader SwiftShader computes too, and the doctor reports what is missing', async () => {
  // The search stops at a file with the loader's name that is not a library.
  const hidden = join(cacheDir, 'no-loader');
  await mkdir(hidden);
  await writeFile(join(hidden, 'libvulkan.so.1'), '');
  const environment = { VK_ICD_FILENAMES: undefined, VK_DRIVER_FILES: undefined, LD_LIBRARY_PATH: hidden };
  expect((await withoutDrivers('auto', cacheDir, environment)).numbers).toEqual(doubled);
  const { findings } = await withoutDrivers('probe', cacheDir, environment);
  const software = findings?.find(({ what }) => what === 'software adapter');
  expect(software?.detail).toMatch(/^the Vulkan loader can't be loaded: .*libvulkan\.so\.1/);
});

bareTest("Dawn's null backend, which computes nothing, is not used even if the environment requests it", async () => {
  const { numbers } = await withoutDrivers('auto', cacheDir, { DAWNNODE_BACKEND: 'null' });
  expect(numbers).toEqual(doubled);
});

bareTest('two processes can unpack SwiftShader at once', async () => {
  const cold = join(cacheDir, 'cold');
  const answers = await Promise.all([withoutDrivers('software', cold), withoutDrivers('software', cold)]);
  for (const { numbers } of answers) expect(numbers).toEqual(doubled);
  expect(Object.keys(await unpacked(cold)).sort()).toEqual([
    'libvk_swiftshader.so',
    'libvulkan.so.1',
    'vk_swiftshader_icd.json',
  ]);
});

bareTest('damaged and missing files are unpacked again', async () => {
  const cache = join(cacheDir, 'damaged');
  await withoutDrivers('auto', cache);
  const before = await unpacked(cache);
  const [folder] = await readdir(cache);
  await truncate(join(cache, folder!, 'libvk_swiftshader.so'), 1_000_000);
  await rm(join(cache, folder!, 'libvulkan.so.1'));

  expect((await withoutDrivers('auto', cache)).numbers).toEqual(doubled);
  const after = await unpacked(cache);
  for (const [name, content] of Object.entries(before)) expect(after[name]?.equals(content), name).toBe(true);
});

test('an unknown choice throws an error that lists the choices', async () => {
  await expect(requestAdapter('gpu' as 'auto')).rejects.toThrow(
    "requestAdapter: the choices are auto, hardware, software, not 'gpu'.",
  );
});

test('the advice for a missing SwiftShader names the version that this package uses', async () => {
  const [manifest, source] = await Promise.all(
    ['../package.json', '../src/swiftshader.ts'].map((path) => readFile(new URL(path, import.meta.url), 'utf8')),
  );
  const version = JSON.parse(manifest!).optionalDependencies['@sparticuz/chromium'];
  expect(source).toContain(`'@sparticuz/chromium@${version}'`);
});

bareTest('missing hardware throws an error that suggests software', async () => {
  const { error } = await withoutDrivers('hardware', cacheDir);
  expect(error?.name).toBe('NoAdapterError');
  expect(error?.message).toMatch(/^No hardware adapter was found: Vulkan lists none\. .*--adapter software\)\.$/);
});

bareTest('a cache folder that cannot be made throws an error that names it and --cache-dir', async () => {
  const file = join(cacheDir, 'a-file');
  await writeFile(file, '');
  const { error } = await withoutDrivers('auto', join(file, 'cache'));
  expect(error?.name).toBe('NoAdapterError');
  expect(error?.message).toContain(file);
  expect(error?.message).toContain('--cache-dir');
});

bareTest('the doctor reports what works, what is missing and what is broken, with a fix for each problem', async () => {
  const states = ({ findings }: Answer) => Object.fromEntries(findings!.map(({ what, state }) => [what, state]));
  const missing = { 'hardware GPU': 'missing', 'software adapter': 'missing' };

  const whole = await withoutDrivers('probe', cacheDir);
  expect(states(whole)).toEqual({ ...missing, 'bundled SwiftShader': 'ok' });
  expect(whole.findings?.filter(({ state, fix }) => state !== 'ok' && !fix)).toEqual([]);
  expect(whole.findings?.find(({ what }) => what === 'software adapter')?.detail).toContain('/nonexistent');

  const broken = await withoutDrivers('probe', '/dev/null/cache');
  expect(states(broken)).toEqual({ ...missing, 'bundled SwiftShader': 'bad' });
});
