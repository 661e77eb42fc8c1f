/** The program of a worker thread that reads one Keras file; the thread is stopped if that takes too long. */
import { parentPort, workerData } from 'node:worker_threads';
import { answerKeras } from '@hourglass/nn/keras';

parentPort!.postMessage(answerKeras(workerData));
