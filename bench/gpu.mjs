/**
 * Everything that a short rent of a GPU should answer: the tests on the hardware, kernel variants, and all tables beside PyTorch in
 * float32, TF32 and compiled. Needs what bench/peers/README.md says, and PyTorch for CUDA.
 *
 *   npm run bench:gpu -- [folder for the report]      default: docs/measurements/gpu
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [given] = process.argv.slice(2);
const { INIT_CWD = '.' } = process.env; // where the user called npm
const folder = given === undefined ? 'docs/measurements/gpu' : relative(root, resolve(INIT_CWD, given));
const hourglass = ['node', 'packages/apps-cli/dist/hourglass.js'];

const steps = [
  ['What the machine has', [...hourglass, 'doctor']],
  ['Tests on the hardware', ['npx', 'vitest', 'run', 'packages/tensor', 'packages/nn', 'packages/experiments']],
  ['Variants of the kernels', ['node', 'bench/variants.mjs']],
  ['Works beside PyTorch', [...hourglass, 'bench', '--adapter', 'hardware', '--report', folder]],
];

const failed = [];
for (const [title, [program, ...args]] of steps) {
  console.log(`\n== ${title}: ${[program, ...args].join(' ')}`);
  const { status } = spawnSync(program === 'node' ? process.execPath : program, args, {
    cwd: root,
    env: { ...process.env, INIT_CWD: root },
    stdio: 'inherit',
    shell: program === 'npx' && process.platform === 'win32',
  });
  if (status !== 0) failed.push(title);
}
if (existsSync(join(root, folder, 'README.md'))) console.log(`\nThe tables are in ${folder}/README.md.`);
if (failed.length > 0) console.error(`Failed: ${failed.join('; ')}.`);
process.exitCode = failed.length > 0 ? 1 : 0;
