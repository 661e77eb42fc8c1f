import { Worker } from 'node:worker_threads';
import { FileFormatError, type KerasWeights, readKerasApart } from '@hourglass/nn';

/**
 * Memory for JavaScript objects during reading, in bytes per byte of the file: numbers are in arrays before they are
 * packed.
 */
const HEAP_PER_BYTE = 16;
const LEAST_HEAP_MB = 256;

/**
 * Reads a Keras file in a separate thread, with as much memory as a valid file of its size needs.
 *
 * @param options.seconds the time limit, default 60
 * @param options.program the compiled `keras-worker.ts`, default `keras-worker.js` next to the bundle that contains
 *   this module
 * @throws FileFormatError as `readKeras`, and if the time or memory limit is exceeded
 */
export function readKerasInThread(
  bytes: Uint8Array,
  name: string,
  options: { seconds?: number; program?: URL } = {},
): Promise<KerasWeights> {
  const { seconds = 60, program = new URL('./keras-worker.js', import.meta.url) } = options;
  const maxOldGenerationSizeMb = LEAST_HEAP_MB + Math.ceil((HEAP_PER_BYTE * bytes.length) / 2 ** 20);
  return readKerasApart({ bytes, name }, seconds, (workerData, { reply, failed }) => {
    const worker = new Worker(program, { workerData, resourceLimits: { maxOldGenerationSizeMb } });
    worker.on('message', reply);
    worker.on('error', (error: NodeJS.ErrnoException) => {
      const outOfMemory = `${name}: needs far more memory than a file of ${bytes.length} bytes should; it is damaged.`;
      failed(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? new FileFormatError(outOfMemory) : error);
    });
    return () => worker.terminate();
  });
}
