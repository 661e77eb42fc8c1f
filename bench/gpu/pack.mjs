/**
 * Packs everything that measures a rented GPU into one folder. The folder needs only Node, a Vulkan loader and, for
 * comparison, Python with PyTorch for CUDA:
 *
 *   npm run bench:gpu -- --pack DIR [--data-dir DIR] [--cartoons N]
 *
 * In the folder, `node run.mjs part1` and `node run.mjs part2` do the work (see run.mjs). Missing datasets are left
 * out, and so are their training runs. The folder runs on machines with this machine's operating system and processor
 * type.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { build } from 'esbuild';
import { readOptions, refuse } from '../../scripts/command-line.mjs';

const LARGEST = 60 * 2 ** 20;
/** Smaller files are not worth compressing. */
const COMPRESSED_FROM = 2 ** 20;

const root = fileURLToPath(new URL('../..', import.meta.url));
const { INIT_CWD = '.' } = process.env; // where the user ran npm
const USAGE = 'npm run bench:gpu -- --pack DIR [--data-dir DIR] [--cartoons N]';
const { values } = readOptions(USAGE, {
  options: {
    pack: { type: 'string' },
    'data-dir': { type: 'string' },
    cartoons: { type: 'string' },
  },
});
if (values.pack === undefined) refuse(`Give the folder to write: ${USAGE}`);
const pack = resolve(INIT_CWD, values.pack);
if (existsSync(pack) && readdirSync(pack).length > 0) refuse(`${pack} is not empty; give another folder.`);
const data = values['data-dir'] && resolve(INIT_CWD, values['data-dir']);
mkdirSync(pack, { recursive: true });

console.log('Packing the command, its packages and the kernel tests…');
const cli = join(root, 'packages/apps-cli');
const swiftShader = join(root, 'packages/node/node_modules');
run(process.execPath, [join(cli, 'build.mjs'), join(pack, 'hourglass')]);
rmSync(join(pack, 'hourglass/checkpoints'), { recursive: true });
copyPackages();
await bundleTests();
copy(join(root, 'bench/peers/torch_steps.py'), 'peers/torch_steps.py');
copy(join(root, 'bench/peers/works.json'), 'peers/works.json');
writePeers();
await build({
  entryPoints: [join(root, 'bench/gpu/run.mjs')],
  outfile: join(pack, 'run.mjs'),
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
});

console.log('Computing the first losses on this machine’s adapter…');
writeFileSync(
  join(pack, 'losses.json'),
  // Where there is no other adapter, SwiftShader computes them; the pack does not contain it.
  run(process.execPath, [join(pack, 'tests/losses.mjs')], { env: { ...process.env, NODE_PATH: swiftShader } }),
);

if (data !== undefined) copyData(data);
compress(pack);
fillWithCartoons();
const bytes = sizeOf(pack);
console.log(`${relative(process.cwd(), pack) || pack}: ${(bytes / 2 ** 20).toFixed(1)} MiB`);
if (bytes > LARGEST) {
  console.error('That is more than 60 MiB. Pack fewer cartoons.');
  process.exitCode = 1;
}

/** Runs a program, and returns what it prints. Its messages are shown only if it fails. */
function run(program, args, options = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8', ...options });
  if (status === 0) return stdout;
  console.error(`${stderr}${[program, ...args].join(' ')} exited with ${status}.`);
  process.exit(1);
}

function copy(from, to) {
  cpSync(from, join(pack, to), { recursive: true, dereference: true });
}

/** Copies the packages that are not bundled, only for this platform. SwiftShader is left out: it is not a GPU. */
function copyPackages() {
  const folderOf = (name, from) => dirname(createRequire(from).resolve(`${name}/package.json`));
  const own = join(cli, 'package.json');
  const machine = `${process.platform}-${process.arch}`;
  const webgpu = folderOf('webgpu', own);
  for (const part of ['package.json', 'index.js', `dist/${machine}`])
    copy(join(webgpu, part), `node_modules/webgpu/${part}`);
  const resvg = folderOf('@resvg/resvg-js', own);
  copy(resvg, 'node_modules/@resvg/resvg-js');
  const binaries = readdirSync(join(resvg, '..')).filter((name) => name.startsWith(`resvg-js-${machine}`));
  for (const name of binaries) copy(join(resvg, '..', name), `node_modules/@resvg/${name}`);
  // Hides the messages of drivers.
  const koffi = realpathSync(join(root, 'packages/node/node_modules/koffi'));
  copy(koffi, 'node_modules/koffi');
  copy(join(koffi, `../@koromix/koffi-${machine}`), `node_modules/@koromix/koffi-${machine}`);
  const fonts = folderOf('dejavu-fonts-ttf', own);
  for (const part of ['package.json', 'ttf/DejaVuSans.ttf', 'ttf/DejaVuSans-Bold.ttf'])
    copy(join(fonts, part), `node_modules/dejavu-fonts-ttf/${part}`);
}

/** Bundles each test as a program for Node's test runner, and the losses by which adapters are compared. */
async function bundleTests() {
  const test = (path) => join(root, 'packages', path);
  await build({
    entryPoints: {
      oracle: test('experiments/test/oracle.test.ts'),
      convolution: test('tensor/test/convolution.test.ts'),
      reduce: test('tensor/test/reduce.test.ts'),
      training: test('tensor/test/training.test.ts'),
      pieces: test('tensor/test/pieces.test.ts'),
      random: test('tensor/test/random.test.ts'),
      repeat: test('nn/test/trainer.test.ts'),
      losses: join(root, 'bench/gpu/losses.mjs'),
    },
    outdir: join(pack, 'tests'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    conditions: ['@hourglass/source'],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    loader: { '.wgsl': 'text' },
    external: ['webgpu', '@sparticuz/chromium'],
    alias: {
      vitest: join(root, 'bench/gpu/vitest.mjs'),
      adapter: join(root, 'packages/node/src/index.ts'),
    },
    // Vitest's own dependencies, which pnpm installs here.
    nodePaths: [join(root, 'node_modules/.pnpm/node_modules')],
    banner: {
      js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
    },
    logLevel: 'warning',
  });
}

/** Workloads are compared with PyTorch in plain float32; PyTorch's other modes are for information. */
function writePeers() {
  const all = JSON.parse(readFileSync(join(root, 'bench/peers/peers.json'), 'utf8'));
  const cuda = all.filter(({ command }) => command.includes('cuda'));
  const plain = cuda.filter(({ command }) => command.at(-1) === 'cuda');
  const others = cuda.filter((peer) => !plain.includes(peer));
  writeFileSync(join(pack, 'peers/peers.json'), JSON.stringify(plain, null, 2));
  copy(join(pack, 'peers'), 'peers-for-information');
  writeFileSync(join(pack, 'peers-for-information/peers.json'), JSON.stringify(others, null, 2));
}

function copyData(folder) {
  for (const name of ['fashion-mnist', 'ecg5000']) {
    if (!existsSync(join(folder, name))) console.log(`${name} is not in ${folder}: its training runs are left out.`);
    else copy(join(folder, name), `data/${name}`);
  }
}

/** Copies as many cartoons as fit, or as `--cartoons` asks for. */
function fillWithCartoons() {
  const archive = data && join(data, 'cartoonset-256.tar');
  if (!archive || !existsSync(archive)) return;
  const room = LARGEST - sizeOf(pack) - 2 ** 16;
  const tar = readFileSync(archive);
  const most = Number(values.cartoons ?? Number.POSITIVE_INFINITY);
  let [end, images] = [0, 0];
  // POSIX tar: a header of 512 bytes with the size in octal at 124, then the file, padded to whole blocks.
  while (tar[end] !== 0 && images < most) {
    const size = Number.parseInt(tar.toString('latin1', end + 124, end + 136), 8);
    const next = end + 512 * (1 + Math.ceil(size / 512));
    if (next + 1024 > room) break;
    end = next;
    images++;
  }
  writeFileSync(join(pack, 'data/cartoonset-256.tar'), Buffer.concat([tar.subarray(0, end), Buffer.alloc(1024)]));
  console.log(`${images} cartoons`);
}

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}

function sizeOf(folder) {
  return files(folder).reduce((bytes, path) => bytes + statSync(path).size, 0);
}

/** Compresses large files that are not archives to `<name>.br`. */
function compress(folder) {
  for (const path of files(folder)) {
    if (/\.(gz|tar|png)$/.test(path) || statSync(path).size < COMPRESSED_FROM) continue;
    const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 };
    writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path), { params }));
    rmSync(path);
  }
}
