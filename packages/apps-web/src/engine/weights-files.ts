import type { WeightsFile } from '@hourglass/experiments';
import { FileFormatError, type KerasReply, type KerasWeights, readKerasApart, readSafetensors } from '@hourglass/nn';

/** The beginnings of HDF5 files and zip archives, which Keras's are: \x89HDF, PK\x03\x04. */
const KERAS = [
  [0x89, 0x48, 0x44, 0x46],
  [0x50, 0x4b, 0x03, 0x04],
];

/** Timeout for reading a Keras file. */
const KERAS_SECONDS = 30;

/** Reads a safetensors or Keras file, identified by content. @throws FileFormatError for anything else */
export async function readWeightsFile(file: File): Promise<WeightsFile> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (KERAS.some((beginning) => beginning.every((byte, i) => bytes[i] === byte)))
    return { name: file.name, weights: await readKerasInWorker(bytes, file.name) };
  return { name: file.name, ...readSafetensors(bytes, file.name) };
}

function readKerasInWorker(bytes: Uint8Array, name: string): Promise<KerasWeights> {
  return readKerasApart({ bytes, name }, KERAS_SECONDS, (request, { reply, failed }) => {
    const worker = new Worker(new URL('./keras-worker.js', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<KerasReply>) => reply(data));
    worker.addEventListener('error', () => failed(new FileFormatError(`${name}: too large to read, or damaged.`)));
    worker.postMessage(request);
    return () => worker.terminate();
  });
}
