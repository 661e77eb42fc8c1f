import type { Tensor } from '@hourglass/tensor';

/** Samples in an order that every epoch draws anew. */
export interface BatchSource {
  readonly count: number;
  /** `size` samples [size, …] from position `start` of the order of `epoch`, all scalars u32. */
  readonly batch: (size: number, position: { seed: Tensor; epoch: Tensor; start: Tensor }) => Tensor;
  /**
   * Gets the same samples from the host, where they do not lie on the GPU. What it resolves to uploads them to where the
   * tensor of `batch` reads them; it is called right before the step.
   */
  readonly fetch?: (size: number, position: { seed: number; epoch: number; start: number }) => Promise<() => void>;
}

/** Batches that are on their way from the host while the GPU works. */
const BATCHES_AHEAD = 2;

/** Batches that are fetched from the host, asked for ahead of the step that needs them. */
export class Prefetch {
  private readonly fetched = new Map<number, Promise<() => void>>();
  private readonly source: BatchSource;
  private readonly batchSize: number;
  private readonly order: { readonly seed: number; readonly epoch: number };

  constructor(source: BatchSource, batchSize: number, order: { seed: number; epoch: number }) {
    this.source = source;
    this.batchSize = batchSize;
    this.order = order;
  }

  /** Uploads the batch at `start`, and asks for those after it. */
  async upload(start: number): Promise<void> {
    const { fetch, count } = this.source;
    if (fetch === undefined) return;
    for (let ahead = 0; ahead <= BATCHES_AHEAD; ahead++) {
      const at = start + ahead * this.batchSize;
      if (at >= count || this.fetched.has(at)) continue;
      const batch = fetch(Math.min(this.batchSize, count - at), { ...this.order, start: at });
      // A failure is thrown where the batch is awaited.
      batch.catch(() => {});
      this.fetched.set(at, batch);
    }
    const upload = await this.fetched.get(start)!;
    this.fetched.delete(start);
    upload();
  }
}
