/** A worker that reads one Keras file; the page terminates it if that takes too long. */
import type { KerasRequest } from '@hourglass/nn';
import { answerKeras } from '@hourglass/nn/keras';

addEventListener('message', ({ data }: MessageEvent<KerasRequest>) => postMessage(answerKeras(data)));
