/** The program of a worker thread: decodes PNG files into RGB on white of one size, one after the other. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { decodePng } from './decode-png.ts';

/** A job's outcome: RGB bytes [size, size, 3], or what is wrong with the file. */
export type Decoded = Uint8Array | string;

const port: MessagePort = parentPort!;
const size: number = workerData.size;

port.on('message', (png: Uint8Array) => {
  const decoded = decodePng(png, size);
  port.postMessage(decoded, typeof decoded === 'string' ? [] : [decoded.buffer as ArrayBuffer]);
});
