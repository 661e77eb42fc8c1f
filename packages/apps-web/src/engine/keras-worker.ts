/** The program of a worker that reads one Keras file; it is stopped if that takes too long. */
import { readKerasFile } from '@hourglass/formats/keras';
import type { KerasRequest } from '@hourglass/nn';
import { answerKeras } from '@hourglass/nn/keras';

addEventListener('message', ({ data }: MessageEvent<KerasRequest>) => postMessage(answerKeras(data, readKerasFile)));
