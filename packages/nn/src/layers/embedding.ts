import { gatherRows } from '@hourglass/tensor';
import type { Layer } from '../layer.ts';
import { checkCounts, checkOptions } from './options.ts';

/** The table of {@link embedding}. */
export interface EmbeddingShape {
  /** Rows of the table: indices are below it. */
  readonly count: number;
  /** Numbers in a row. */
  readonly units: number;
}

/**
 * Keras's Embedding: each u32 index becomes its row of the table `embeddings` [count, units], uniform within ±0.05 at first. Inputs have
 * any shape. An index of no row gives NaN.
 */
export function embedding(shape: EmbeddingShape, ...surplus: never[]): Layer {
  checkOptions('embedding', shape, ['count', 'units'], surplus);
  const { count, units } = shape;
  checkCounts('embedding', { count, units });
  return {
    type: 'Embedding',
    name: 'embedding',
    outputShape: (input) => [...input, units],
    weights: () => [{ name: 'embeddings', shape: [count, units], initial: 'uniform', trainable: true }],
    apply: (x, { embeddings }) => gatherRows(embeddings!, x.reshape([x.size])).reshape([...x.shape, units]),
  };
}
