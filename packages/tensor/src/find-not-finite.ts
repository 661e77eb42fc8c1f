import { reachable, unshaped } from './graph.ts';
import { formatShape } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** A tensor that holds a NaN or an infinity. */
export interface NotFinite {
  readonly tensor: Tensor;
  /** The operation that made it from finite operands; undefined if it was there before, as a weight or data. */
  readonly operation: string | undefined;
  /** In words: "log of [16, 8] gives NaN at element 3". */
  readonly description: string;
}

/**
 * Computes the graph under `roots` one operation after the other, without fusion, and returns the first tensor that holds a NaN
 * or an infinity. It is slow and keeps every intermediate result: for finding out what went wrong, not for training.
 */
export async function findNotFinite(roots: readonly Tensor[]): Promise<NotFinite | undefined> {
  for (const tensor of reachable(roots)) {
    if (tensor.dtype !== 'f32' || unshaped(tensor) !== tensor) continue;
    const operation = tensor.node?.name; // forgotten as soon as it is computed
    const data = await tensor.data();
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at === -1) continue;
    const what = `${operation ?? 'an operand'} of ${formatShape(tensor.shape)}`;
    return { tensor, operation, description: `${what} ${operation ? 'gives' : 'holds'} ${data[at]} at element ${at}` };
  }
  return undefined;
}
