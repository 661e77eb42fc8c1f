import type { WeightsFile } from '@hourglass/experiments';
import { FileFormatError, type KerasWeights, readSafetensors } from '@hourglass/nn';
import type { KerasReply, KerasRequest } from './keras-worker.ts';

/** The beginning of an HDF5 file, which Keras's are: \x89HDF. */
const HDF5 = [0x89, 0x48, 0x44, 0x46];

/** A file made to do harm can keep the HDF5 reader busy for ever; an honest one takes a second. */
const KERAS_SECONDS = 30;

/** Reads a safetensors or Keras file, told by its content. @throws FileFormatError for anything else */
export async function readWeightsFile(file: File): Promise<WeightsFile> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (HDF5.every((byte, i) => bytes[i] === byte))
    return { name: file.name, weights: await readKerasApart(bytes, file.name) };
  const { tensors, unread } = readSafetensors(bytes, file.name);
  return { name: file.name, tensors, unread };
}

function readKerasApart(bytes: Uint8Array, name: string): Promise<KerasWeights> {
  const worker = new Worker(new URL('./keras-worker.js', import.meta.url), { type: 'module' });
  return new Promise<KerasWeights>((resolve, reject) => {
    const fail = (problem: string) => reject(new FileFormatError(problem));
    const timer = setTimeout(
      () => fail(`${name}: not read within ${KERAS_SECONDS} seconds; it is damaged, or no file that Keras wrote.`),
      KERAS_SECONDS * 1000,
    );
    worker.addEventListener('message', ({ data }: MessageEvent<KerasReply>) => {
      clearTimeout(timer);
      if ('weights' in data) resolve(data.weights);
      else fail(data.error);
    });
    worker.addEventListener('error', () => fail(`${name}: too large to be read, or damaged.`));
    worker.postMessage({ bytes, name } satisfies KerasRequest);
  }).finally(() => worker.terminate());
}
