import { reachable, unshaped } from './graph.ts';
import { formatShape } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** A tensor that contains a NaN or an infinity. */
export interface NotFinite {
  readonly tensor: Tensor;
  /** The operation that computed it from finite operands; undefined if it was already in memory, such as weights. */
  readonly operation: string | undefined;
  /** In words: "log of [16, 8] gives NaN at element 3". */
  readonly description: string;
}

/**
 * Computes the graph under `roots` one operation at a time, without fusion, and returns the first tensor that contains
 * a NaN or an infinity. It is slow and keeps every intermediate result: use it for debugging, not for training.
 */
export async function findNotFinite(roots: readonly Tensor[]): Promise<NotFinite | undefined> {
  for (const tensor of reachable(roots)) {
    if (tensor.dtype !== 'f32' || unshaped(tensor) !== tensor) continue;
    const operation = tensor.node?.name; // the node is dropped once it is computed
    const data = await tensor.data();
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at === -1) continue;
    const what = `${operation ?? 'an operand'} of ${formatShape(tensor.shape)}`;
    return { tensor, operation, description: `${what} ${operation ? 'gives' : 'holds'} ${data[at]} at element ${at}` };
  }
  return undefined;
}
