/** The program of a worker that reads one Keras file; it is stopped if that takes too long. */
import { answerKeras } from '@hourglass/formats/keras';
import type { KerasRequest } from '@hourglass/nn';

addEventListener('message', ({ data }: MessageEvent<KerasRequest>) => postMessage(answerKeras(data)));
