/** The program of a worker thread: decodes PNG files into RGB on white of one size, in sequence, until it is closed. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { decodePng } from './decode-png.ts';

export interface PngWorkerData {
  /** Height and width of the results. */
  readonly imageSize: number;
  /** One shared number: 1 once the pool is closed. It takes effect before the waiting jobs. */
  readonly closed: Int32Array;
}

/** A job's result: RGB bytes [imageSize, imageSize, 3], or the problem with the file. */
export type Decoded = Uint8Array | string;

const port: MessagePort = parentPort!;
const { imageSize, closed }: PngWorkerData = workerData;

port.on('message', (message: Uint8Array | 'close') => {
  if (message === 'close') return port.close();
  if (Atomics.load(closed, 0) === 1) return;
  const decoded = decodePng(message, imageSize);
  port.postMessage(decoded, typeof decoded === 'string' ? [] : [decoded.buffer as ArrayBuffer]);
});
