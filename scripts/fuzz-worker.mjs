/** The program of a worker thread of fuzz.mjs: feeds one reader its inputs, one after the other. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { randomOf } from '../packages/apps-cli/test/fuzz/mutate.ts';
import { readersIn } from '../packages/apps-cli/test/fuzz/readers.ts';

const { name, from, count, seed, shared, folder, packages } = workerData;
const reader = readersIn(folder, packages)[name];
/** The number of inputs between two messages to the parent. Each message has the counts since the previous one. */
const PART = 500;

let largest = 0;
/** Records the size of every array that is allocated by size, for example a size from a header. */
for (const type of [
  'ArrayBuffer',
  'Uint8Array',
  'Uint16Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'Array',
]) {
  globalThis[type] = new Proxy(globalThis[type], {
    construct(target, args, self) {
      if (Number.isFinite(args[0]))
        largest = Math.max(largest, args[0] * (target.BYTES_PER_ELEMENT ?? (type === 'Array' ? 8 : 1)));
      return Reflect.construct(target, args, self);
    },
  });
}
for (const method of ['alloc', 'allocUnsafe']) {
  const own = Buffer[method];
  Buffer[method] = (size, ...rest) => {
    if (Number.isFinite(size)) largest = Math.max(largest, size);
    return own.call(Buffer, size, ...rest);
  };
}

const fresh = () => ({ inputs: 0, results: 0, refused: 0, faults: 0, slowestMs: 0, largestBytes: 0 });
let report = fresh();
for (let i = from; i < count; i++) {
  shared[0] = i;
  const input = reader.input(randomOf(seed * 1_000_003 + i));
  largest = 0;
  const begun = performance.now();
  shared[1] = Date.now();
  try {
    await reader.read(input);
    report.results++;
  } catch (error) {
    if (reader.errors.includes(error?.name)) report.refused++;
    else {
      report.faults++;
      const file = join(tmpdir(), `fuzz-${name.replace(' ', '-')}-${i}`);
      writeFileSync(file, input);
      console.error(`${name}, input ${i} (saved as ${file}): ${error?.stack ?? error}`);
    }
  }
  shared[1] = 0;
  report.inputs++;
  report.slowestMs = Math.max(report.slowestMs, Math.round(performance.now() - begun));
  report.largestBytes = Math.max(report.largestBytes, largest);
  if (report.inputs % PART === 0) {
    parentPort.postMessage(report);
    report = fresh();
  }
}
parentPort.postMessage(report);
