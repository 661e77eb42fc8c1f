import type { VirtualBuffer } from './dispatch.ts';
import { unshaped } from './graph.ts';
import { formatShape } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** The buffers of the tensors of one plan. */
export class VirtualBuffers {
  private readonly buffers = new Map<Tensor, VirtualBuffer>();

  /** The buffer that holds the elements of `tensor`. */
  of(tensor: Tensor): VirtualBuffer {
    const source = unshaped(tensor);
    let buffer = this.buffers.get(source);
    if (buffer === undefined) {
      const { size, dtype, storage } = source;
      buffer = { bytes: size * (dtype === 'u8' ? 1 : 4), label: labelOf(source), batch: batchOf(source), storage };
      this.buffers.set(source, buffer);
    }
    return buffer;
  }

  /** The tensors whose buffers are in `used` and had storage before the plan. */
  operandsIn(used: ReadonlySet<VirtualBuffer>): Set<Tensor> {
    const operands = [...this.buffers].filter(([, buffer]) => buffer.storage !== undefined && used.has(buffer));
    return new Set(operands.map(([tensor]) => tensor));
  }
}

function labelOf({ shape, node }: Tensor): string {
  return node === undefined ? `A tensor ${formatShape(shape)}` : `The result ${formatShape(shape)} of ${node.name}`;
}

/** Vectors, packed weights, parts of a sum and sums over the batch have no batch dimension. */
function batchOf({ shape, node }: Tensor): number {
  if (node === undefined || shape.length < 2) return 0;
  const ofBatch = node.kind !== 'kernel' || (node.epilogue && (node.batch ?? shape[0]) === shape[0]);
  return ofBatch ? shape[0]! : 0;
}
