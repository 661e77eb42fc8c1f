import { gatherRows, ShapeError, shuffledIndices, Tensor } from '@hourglass/tensor';

/** One tensor [samples, …], or several by name, such as `{ images, labels }`, that describe the same samples. */
export type Batch = Tensor | Readonly<Record<string, Tensor>>;

/** The number of samples in a batch. @throws ShapeError if its tensors have different numbers of samples */
export function samplesIn(batch: Batch): number {
  const tensors = batch instanceof Tensor ? { batch } : batch;
  const counts = new Set(Object.values(tensors).map(({ shape }) => shape[0]));
  const [count] = counts;
  if (counts.size !== 1 || count === undefined) {
    const shapes = Object.entries(tensors).map(([name, { shape }]) => `${name} [${shape.join(', ')}]`);
    throw new ShapeError(
      `the tensors of a batch must be [samples, …] with the same number of samples, not ${shapes.join(', ') || 'empty'}.`,
    );
  }
  return count;
}

/** Samples, in a new random order for each epoch. */
export interface BatchSource<B extends Batch = Tensor> {
  readonly count: number;
  /**
   * `batchSize` samples as tensors [batchSize, …], from position `start` in the order of `epoch`. The members of
   * `position` are u32 scalars.
   */
  readonly batch: (batchSize: number, position: { seed: Tensor; epoch: Tensor; start: Tensor }) => B;
  /**
   * Fetches the same samples from the host; for sources whose samples are not on the GPU. Resolves to a function, to be
   * called right before the step, that uploads the samples to the memory that the tensors of `batch` read.
   */
  readonly fetch?:
    | ((batchSize: number, position: { seed: number; epoch: number; start: number }) => Promise<() => void>)
    | undefined;
}

/**
 * Batches of rows stored on the GPU, in a new random order for each epoch. The rows come from one tensor [count, …], or
 * from several by name, whose rows stay together. They are float32, or bytes, which become numbers from 0 to 255.
 * @throws ShapeError if the tensors have different numbers of rows
 */
export function shuffledRows<B extends Batch>(stored: B): BatchSource<B> {
  const count = samplesIn(stored);
  const tensors: readonly (readonly [string, Tensor])[] =
    stored instanceof Tensor ? [['', stored]] : Object.entries(stored);
  const { device } = tensors[0]![1];
  return {
    count,
    batch: (batchSize, position) => {
      const indices = shuffledIndices(device, batchSize, count, position);
      const gathered = tensors.map(([name, rows]) => [name, gatherRows(rows, indices)] as const);
      return (stored instanceof Tensor ? gathered[0]![1] : Object.fromEntries(gathered)) as B;
    },
  };
}

/** A run of samples in the order of an epoch. */
export interface Span {
  readonly start: number;
  readonly count: number;
}

/** The span of each batch, by position, if `count` samples are cut into batches; the last may be smaller. */
export const batchSpan =
  (count: number, batchSize: number) =>
  (position: number): Span => ({
    start: position * batchSize,
    count: Math.min(batchSize, count - position * batchSize),
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

  /** Uploads the batch at `position` and requests the next {@link BATCHES_AHEAD}. */
  async upload(position: number): Promise<void> {
    const { fetch } = this.source;
    if (fetch === undefined) return;
    for (let at = position; at <= position + BATCHES_AHEAD; at++) {
      const { start, count } = this.spanOf(at);
      if (count <= 0 || this.fetched.has(at)) continue;
      const batch = fetch(count, { ...this.order, start });
      // The await below throws a failure, unless it is forgotten before: the next upload tries again.
      batch.catch(() => this.fetched.delete(at));
      this.fetched.set(at, batch);
    }
    const upload = await this.fetched.get(position)!;
    this.fetched.delete(position);
    upload();
  }
}
