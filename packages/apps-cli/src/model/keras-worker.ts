/** The program of a worker thread that reads one Keras file; it is stopped if that takes too long. */
import { parentPort, workerData } from 'node:worker_threads';
import { FileFormatError, type KerasWeights } from '@hourglass/nn';
import { readKeras } from '@hourglass/nn/keras';

export interface KerasRequest {
  readonly bytes: Uint8Array;
  readonly name: string;
}

export type KerasReply = { readonly weights: KerasWeights } | { readonly problem: string };

const { bytes, name } = workerData as KerasRequest;
let reply: KerasReply;
try {
  reply = { weights: readKeras(bytes, name) };
} catch (error) {
  if (!(error instanceof FileFormatError)) throw error;
  reply = { problem: error.message };
}
parentPort!.postMessage(reply);
