import type { Device, Tensor } from '../src/index.ts';

/** Every tensor that `roots` are computed from, themselves included, in the order of their creation. */
function* ancestors(roots: readonly Tensor[]): Generator<Tensor> {
  const seen = new Set<Tensor>();
  const visit = (tensor: Tensor): void => {
    if (seen.has(tensor)) return;
    seen.add(tensor);
    tensor.node?.inputs.forEach(visit);
  };
  roots.forEach(visit);
  yield* [...seen].sort((a, b) => a.id - b.id);
}

/** Computes every operation under `roots` in a plan of its own: nothing is fused, and no memory is reused. */
export async function evaluateNodeByNode(device: Device, roots: readonly Tensor[]): Promise<void> {
  for (const tensor of ancestors(roots)) await device.evaluate([tensor]);
}
