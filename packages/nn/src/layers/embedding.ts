import { gatherRows } from '@hourglass/tensor';
import { checkCounts } from '../check.ts';
import type { Layer } from '../layer.ts';
import { checkOptions } from './options.ts';

/** The table of {@link embedding}. */
export interface EmbeddingShape {
  /** Rows of the table; indices run from 0 to count − 1. */
  readonly count: number;
  /** Elements in a row. */
  readonly units: number;
}

/**
 * Keras's Embedding: replaces each u32 index with its row of the table `embeddings` [count, units], initially uniform
 * within ±0.05. Inputs have any shape. An index outside the table gives NaN.
 * @throws RangeError if a size is not a whole number of 1 or more, TypeError for an unknown option
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
