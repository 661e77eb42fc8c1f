/** The program of a worker thread that reads one Keras file; it is stopped if that takes too long. */
import { parentPort, workerData } from 'node:worker_threads';
import { answerKeras } from '@hourglass/formats/keras';

parentPort!.postMessage(answerKeras(workerData));
