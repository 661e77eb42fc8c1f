/** The program of run.mjs: computes a file's cases on this machine's adapter; prints a line of JSON per failure. */
import { readFileSync } from 'node:fs';
import { pollPatiently, requestAdapter } from '../packages/node/src/index.ts';
import { Device } from '../packages/tensor/src/index.ts';
import { type Case, problemOf } from './evaluate.ts';
import { type ModelCase, problemOfModel } from './models.ts';

const { cases } = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as { cases: readonly (Case | ModelCase)[] };
const ways = process.argv.slice(3) as ('whole' | 'apart' | 'pieces')[];

const { adapter, info } = await requestAdapter();
if (info.kind === 'software') pollPatiently();
const device = await Device.create(adapter, info.kind);
/** Computes tensors larger than this many bytes in pieces, like tensors larger than a binding. */
const pieceDevice = ways.includes('pieces')
  ? await Device.create((await requestAdapter()).adapter, info.kind, { bindingLimit: 1024 })
  : device;

for (const given of cases) {
  for (const way of ways) {
    let problem: string | undefined;
    try {
      if ('layers' in given) problem = await problemOfModel(device, given);
      else
        problem = await problemOf(way === 'pieces' ? pieceDevice : device, given, way === 'apart' ? 'apart' : 'whole');
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      // A tensor that can't be cut small enough throws, which is right.
      if (way === 'pieces' && problem.includes('this adapter binds at most')) {
        console.log(JSON.stringify({ refused: given.name }));
        continue;
      }
    }
    if (problem !== undefined) console.log(JSON.stringify({ name: given.name, way, problem }));
  }
}
console.log(JSON.stringify({ adapter: info.name }));
process.exit();
