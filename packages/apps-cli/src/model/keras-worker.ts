/** The program of a worker thread that reads one Keras file; the thread is stopped if that takes too long. */
import { parentPort, workerData } from 'node:worker_threads';
import { readKerasFile } from '@hourglass/formats/keras';
import { answerKeras } from '@hourglass/nn/keras';

parentPort!.postMessage(answerKeras(workerData, readKerasFile));
