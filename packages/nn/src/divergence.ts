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
  const isData = found !== undefined && weight === undefined && found.operation === undefined;
  const cause =
    found === undefined
      ? 'no operation repeats it alone'
      : weight !== undefined
        ? `the weight '${weight}' is not finite before it`
        : isData
          ? `of the data, ${found.description}`
          : found.description;
  const advice = isData
    ? 'Look at the data: no learning rate mends them.'
    : step === 0
      ? 'No step has changed the weights yet, so the learning rate is not at fault: look at the data, the first weights, and the objective.'
      : 'Try a smaller learning rate. If the same step diverges again, look at its data.';
  return new DivergedError(
    `the training has diverged: step ${step + 1} (epoch ${epoch + 1}) gives no finite loss and gradient: ${cause}. ${advice}`,
  );
}
