import { Worker } from 'node:worker_threads';
import { FileFormatError, type KerasWeights } from '@hourglass/nn';
import type { KerasReply, KerasRequest } from './keras-worker.ts';

/** JavaScript objects that reading takes, for each byte of the file: numbers in arrays before they are packed. */
const HEAP_PER_BYTE = 16;
const LEAST_HEAP_MB = 256;

/**
 * Reads a Keras file in a thread of its own: one made to do harm can keep the HDF5 reader busy for ever, or make it take all
 * memory; an honest one takes a second.
 *
 * @param options.seconds after which it is given up, default 60
 * @param options.program the compiled `keras-worker.ts`, default `keras-worker.js` beside the bundle that this is in
 * @throws FileFormatError as `readKeras`, and if time or memory do not suffice
 */
export function readKerasApart(
  bytes: Uint8Array,
  name: string,
  options: { seconds?: number; program?: URL } = {},
): Promise<KerasWeights> {
  const { seconds = 60, program = new URL('./keras-worker.js', import.meta.url) } = options;
  const worker = new Worker(program, {
    workerData: { bytes, name } satisfies KerasRequest,
    resourceLimits: { maxOldGenerationSizeMb: LEAST_HEAP_MB + Math.ceil((HEAP_PER_BYTE * bytes.length) / 2 ** 20) },
  });
  let timer: NodeJS.Timeout | undefined;
  return new Promise<KerasWeights>((resolve, reject) => {
    const fail = (problem: string): void => reject(new FileFormatError(problem));
    timer = setTimeout(
      () => fail(`${name}: not read within ${seconds} seconds; it is damaged, or no file that Keras wrote.`),
      seconds * 1000,
    );
    worker.on('message', (reply: KerasReply) => {
      if ('weights' in reply) resolve(reply.weights);
      else fail(reply.problem);
    });
    worker.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY')
        fail(`${name}: takes far more memory than a file of ${bytes.length} bytes should; it is damaged.`);
      else reject(error);
    });
  }).finally(() => {
    clearTimeout(timer);
    return worker.terminate();
  });
}
