import { gatherRows, ShapeError, shuffledIndices, Tensor } from '@hourglass/tensor';

/** One tensor [samples, …], or several by name, such as `{ images, labels }`, all of the same samples. */
export type Batch = Tensor | Readonly<Record<string, Tensor>>;

/** The number of samples in a batch. @throws ShapeError if its tensors hold different numbers of samples */
export function samplesIn(batch: Batch): number {
  const tensors = batch instanceof Tensor ? { batch } : batch;
  const counts = new Set(Object.values(tensors).map(({ shape }) => shape[0]));
  const [count] = counts;
  if (counts.size !== 1 || count === undefined) {
    const shapes = Object.entries(tensors).map(([name, { shape }]) => `${name} [${shape.join(', ')}]`);
    throw new ShapeError(
      `a batch holds tensors [samples, …] of the same samples, not ${shapes.join(', ') || 'nothing'}.`,
    );
  }
  return count;
}

/** Samples in an order that every epoch draws anew. */
export interface BatchSource<B extends Batch = Tensor> {
  readonly count: number;
  /** `size` samples, tensors [size, …], from position `start` of the order of `epoch`, all scalars u32. */
  readonly batch: (size: number, position: { seed: Tensor; epoch: Tensor; start: Tensor }) => B;
  /**
   * Gets the same samples from the host, where they do not lie on the GPU. What it resolves to uploads them to where the
   * tensor of `batch` reads them; it is called right before the step.
   */
  readonly fetch?: (size: number, position: { seed: number; epoch: number; start: number }) => Promise<() => void>;
}

/**
 * Batches of rows that lie on the GPU, in an order that every epoch draws anew: of one tensor [count, …], or of several by name, whose rows
 * stay together. They are float32, or bytes, which become numbers from 0 to 255.
 * @throws ShapeError if the tensors have different numbers of rows
 */
export function shuffledRows<B extends Batch>(stored: B): BatchSource<B> {
  const count = samplesIn(stored);
  const tensors: readonly (readonly [string, Tensor])[] =
    stored instanceof Tensor ? [['', stored]] : Object.entries(stored);
  const { device } = tensors[0]![1];
  return {
    count,
    batch: (size, position) => {
      const indices = shuffledIndices(device, size, count, position);
      const gathered = tensors.map(([name, rows]) => [name, gatherRows(rows, indices)] as const);
      return (stored instanceof Tensor ? gathered[0]![1] : Object.fromEntries(gathered)) as B;
    },
  };
}

/** A run of samples in the order of an epoch. */
export interface Span {
  readonly start: number;
  readonly size: number;
}

/** The batches of `batchSize` that `count` samples are cut into, the last of which may be smaller. */
export const batchSpan =
  (count: number, batchSize: number) =>
  (position: number): Span => ({
    start: position * batchSize,
    size: Math.min(batchSize, count - position * batchSize),
  });

/** Batches fetched from the host ahead of the step that needs them. */
const BATCHES_AHEAD = 2;

/** Fetches batches from the host while the GPU works. */
export class Prefetch {
  private readonly fetched = new Map<number, Promise<() => void>>();
  private readonly source: BatchSource<Batch>;
  private readonly order: { readonly seed: number; readonly epoch: number };
  private readonly spanOf: (position: number) => Span;

  /** @param spanOf the samples of the batch at `position`; empty beyond the last batch */
  constructor(
    source: BatchSource<Batch>,
    order: { readonly seed: number; readonly epoch: number },
    spanOf: (position: number) => Span,
  ) {
    this.source = source;
    this.order = order;
    this.spanOf = spanOf;
  }

  /** Uploads the batch at `position` and requests those after it. */
  async upload(position: number): Promise<void> {
    const { fetch } = this.source;
    if (fetch === undefined) return;
    for (let at = position; at <= position + BATCHES_AHEAD; at++) {
      const { start, size } = this.spanOf(at);
      if (size <= 0 || this.fetched.has(at)) continue;
      const batch = fetch(size, { ...this.order, start });
      // The await below throws a failure.
      batch.catch(() => {});
      this.fetched.set(at, batch);
    }
    const upload = await this.fetched.get(position)!;
    this.fetched.delete(position);
    upload();
  }
}
