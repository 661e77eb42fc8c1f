import { findNotFinite } from '@hourglass/tensor';
import { DivergedError } from './errors.ts';
import type { Gradients } from './training-step.ts';
import type { Weights } from './weights.ts';

/**
 * Says where a step goes wrong that gives no finite loss or gradient: computes it operation by operation, with the weights as they were
 * before it. `step` and `epoch` are its own, from 0.
 */
export async function divergenceOf(
  { loss, gradient }: Pick<Gradients, 'loss' | 'gradient'>,
  weights: Weights,
  { step, epoch }: { readonly step: number; readonly epoch: number },
): Promise<DivergedError> {
  const found = await findNotFinite([loss, gradient]);
  const weight = weights.names.find((name) => weights.get(name) === found?.tensor);
  const cause =
    found === undefined
      ? 'no operation repeats it alone'
      : weight === undefined
        ? found.description
        : `the weight '${weight}' is not finite before it`;
  return new DivergedError(
    `the training has diverged: step ${step + 1} (epoch ${epoch + 1}) gives no finite loss and gradient: ${cause}. Try a smaller learning rate.`,
  );
}
