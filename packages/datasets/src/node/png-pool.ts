import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Decoded, PngWorkerData } from './png-worker.ts';

/** More threads than this would only wait for the disk. */
const MOST_WORKERS = 8;

interface Job {
  readonly resolve: (decoded: Decoded) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Worker threads that decode PNG files. Jobs are assigned to threads in turn; each thread processes its jobs in order.
 */
export class PngPool {
  readonly #workers: Worker[];
  readonly #queues: Job[][];
  readonly #ends: Promise<unknown>[];
  readonly #closed = new Int32Array(new SharedArrayBuffer(4));
  #next = 0;
  #failure: unknown;

  /**
   * @param script the compiled `png-worker`
   * @param imageSize height and width of the results
   */
  constructor(script: URL, imageSize: number) {
    this.#workers = Array.from(
      { length: Math.min(MOST_WORKERS, availableParallelism()) },
      () => new Worker(script, { workerData: { imageSize, closed: this.#closed } satisfies PngWorkerData }),
    );
    this.#ends = this.#workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    this.#queues = this.#workers.map((worker) => {
      const queue: Job[] = [];
      worker.on('message', (decoded: Decoded) => queue.shift()!.resolve(decoded));
      worker.on('error', (error) => {
        this.#failure = error;
        for (const job of queue.splice(0)) job.reject(error);
      });
      return queue;
    });
  }

  /** This many concurrent jobs leave no thread idle. */
  get capacity(): number {
    return 4 * this.#workers.length;
  }

  /**
   * RGB bytes [imageSize, imageSize, 3], or the problem with the file. The given bytes are transferred to the thread
   * and can't be used afterwards.
   */
  decode(png: Uint8Array<ArrayBuffer>): Promise<Decoded> {
    const turn = this.#next++ % this.#workers.length;
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#queues[turn]!.push({ resolve, reject });
      this.#workers[turn]!.postMessage(png, [png.buffer]);
    });
  }

  /**
   * Ends the threads, each after its current picture. Waiting jobs are dropped. Threads are asked to end, not
   * terminated: Node 20 aborts the whole process if a thread is terminated while it sets up a decompressor.
   */
  async close(): Promise<void> {
    Atomics.store(this.#closed, 0, 1);
    for (const worker of this.#workers) worker.postMessage('close');
    await Promise.all(this.#ends);
  }
}
