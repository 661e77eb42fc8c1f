import { FileFormatError } from '../errors.ts';
import type { KerasWeights } from './read.ts';

/** What a worker that reads a Keras file is asked. */
export interface KerasRequest {
  readonly bytes: Uint8Array;
  readonly name: string;
}

/** What it answers. */
export type KerasReply = { readonly weights: KerasWeights } | { readonly problem: string };

/** What a worker's owner passes on of what happens to it. */
export interface KerasEvents {
  readonly reply: (reply: KerasReply) => void;
  /** The worker has ended, or failed, without an answer. */
  readonly failed: (error: Error) => void;
}

/**
 * Reads a Keras file in a worker: a file made to do harm can keep the HDF5 reader busy for ever, or make it take all memory; an
 * honest one takes a second.
 *
 * @param seconds after which it is given up
 * @param start starts the worker, hands it the request, and returns how to end it
 * @throws FileFormatError as `readKeras`, and if the time does not suffice; what `failed` was called with
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
      const late = `${request.name}: not read within ${seconds} seconds; it is damaged, or no file that Keras wrote.`;
      timer = setTimeout(() => fail(late), seconds * 1000);
      const reply = (reply: KerasReply): void => ('weights' in reply ? resolve(reply.weights) : fail(reply.problem));
      end = start(request, { reply, failed });
    });
  } finally {
    clearTimeout(timer);
    await end();
  }
}
