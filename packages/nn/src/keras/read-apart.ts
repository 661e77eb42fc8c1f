import { FileFormatError } from '../errors.ts';
import type { KerasWeights } from './read.ts';

/** The request to a worker that reads a Keras file. */
export interface KerasRequest {
  readonly bytes: Uint8Array;
  readonly name: string;
}

/** The worker's answer. */
export type KerasReply = { readonly weights: KerasWeights } | { readonly problem: string };

/** The events that the worker's owner forwards. */
export interface KerasEvents {
  readonly reply: (reply: KerasReply) => void;
  /** The worker has ended or failed without an answer. */
  readonly failed: (error: Error) => void;
}

/**
 * Reads a Keras file in a worker: a malicious file can make the HDF5 reader loop forever or exhaust memory. A valid
 * file takes about a second.
 *
 * @param seconds the time limit
 * @param start starts the worker, sends it the request, and returns a function that ends it
 * @throws FileFormatError as `readKeras`, and at the time limit; the error that `failed` was called with
 */
export async function readKerasApart(
  request: KerasRequest,
  seconds: number,
  start: (request: KerasRequest, events: KerasEvents) => () => unknown,
): Promise<KerasWeights> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let end: () => unknown = () => undefined;
  try {
    return await new Promise<KerasWeights>((resolve, failed) => {
      const fail = (problem: string): void => failed(new FileFormatError(problem));
      const late = `${request.name}: not read within ${seconds} seconds; it is damaged, or Keras did not write it.`;
      timer = setTimeout(() => fail(late), seconds * 1000);
      const reply = (reply: KerasReply): void => ('weights' in reply ? resolve(reply.weights) : fail(reply.problem));
      end = start(request, { reply, failed });
    });
  } finally {
    clearTimeout(timer);
    await end();
  }
}
