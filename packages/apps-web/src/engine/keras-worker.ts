/** Reads one Keras file; the engine stops this worker if that takes too long. */
import type { KerasWeights } from '@hourglass/nn';
import { readKeras } from '@hourglass/nn/keras';

export interface KerasRequest {
  readonly bytes: Uint8Array;
  readonly name: string;
}

export type KerasReply = { readonly weights: KerasWeights } | { readonly error: string };

addEventListener('message', ({ data: { bytes, name } }: MessageEvent<KerasRequest>) => {
  let reply: KerasReply;
  try {
    reply = { weights: readKeras(bytes, name) };
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) };
  }
  postMessage(reply);
});
