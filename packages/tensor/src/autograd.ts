import { ShapeError } from './errors.ts';
import { formatShape } from './shape.ts';
import type { Tensor } from './tensor.ts';

/**
 * The gradients of `loss` (one element) with respect to each of `tensors`, in their order, by reverse-mode differentiation.
 * They are ordinary tensors of the same graph, so that a plan sees forward, backward and optimiser together.
 * A tensor that the loss does not depend on gets zeros, unless the data of one under the loss were read.
 * @throws ShapeError if `loss` has more than one element.
 * @throws Error if an operation on the way has no gradient, or if a tensor is cut off from the loss because the data of one
 * between them were read, which forgets its graph.
 */
export function grad<const Tensors extends readonly Tensor[]>(
  loss: Tensor,
  tensors: Tensors,
): { -readonly [Index in keyof Tensors]: Tensor } {
  if (loss.size !== 1) {
    throw new ShapeError(
      `grad: the loss has shape ${formatShape(loss.shape)}; reduce it to one number, by mean() or sum().`,
    );
  }
  const wanted = new Set<Tensor>(tensors);
  const path = pathTo(loss, wanted);
  const gradients = new Map<Tensor, Tensor>([[loss, loss.device.tensor(1).reshape(loss.shape)]]);

  for (const tensor of path) {
    const { node } = tensor;
    const gradient = gradients.get(tensor);
    if (node === undefined || gradient === undefined) continue;
    const sources = node.sources ?? node.inputs;
    if (!sources.some((source) => path.has(source))) continue;
    if (node.gradient === undefined) throw new Error(`grad: ${node.name} has no gradient.`);
    node.gradient(gradient, tensor).forEach((contribution, i) => {
      const source = sources[i]!;
      if (contribution === undefined || !path.has(source)) return;
      const sum = gradients.get(source);
      gradients.set(source, sum === undefined ? contribution : sum.add(contribution));
    });
  }
  const result = tensors.map((tensor) => gradients.get(tensor) ?? tensor.device.zeros(tensor.shape));
  return result as { -readonly [Index in keyof Tensors]: Tensor };
}

/**
 * Every tensor between `loss` and those wanted, both included; users before their sources.
 * @throws Error if one is not reached, but may have been before a tensor's data were read.
 */
function pathTo(loss: Tensor, wanted: ReadonlySet<Tensor>): Set<Tensor> {
  const reaches = new Map<Tensor, boolean>();
  const stack = [loss];
  while (stack.length > 0) {
    const tensor = stack.at(-1)!;
    const sources = tensor.node?.sources ?? tensor.node?.inputs ?? [];
    const pending = sources.filter((source) => !reaches.has(source));
    if (pending.length > 0) {
      stack.push(...pending);
    } else {
      stack.pop();
      reaches.set(tensor, wanted.has(tensor) || sources.some((source) => reaches.get(source)));
    }
  }
  const cut = [...reaches.keys()].find((tensor) => tensor.computed && !wanted.has(tensor));
  if (cut !== undefined && [...wanted].some((tensor) => !reaches.has(tensor))) {
    throw new Error(
      `grad: a tensor of shape ${formatShape(cut.shape)} on the way to the loss has no graph any more, since its data were read; ` +
        'take the gradients before, or read the data of a compiled step’s outputs.',
    );
  }
  // A source is always older than its user.
  return new Set([...reaches.keys()].filter((tensor) => reaches.get(tensor)).sort((a, b) => b.id - a.id));
}
