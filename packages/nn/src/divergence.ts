import { findNotFinite } from '@hourglass/tensor';
import { DivergedError } from './errors.ts';
import type { Gradients } from './training-step.ts';
import type { Weights } from './weights.ts';

/**
 * Finds where a step with a non-finite loss or gradient goes wrong: repeats it operation by operation, with the weights
 * from before the step. `step` and `epoch` count from 0.
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
      ? 'no single operation reproduces it'
      : weight !== undefined
        ? `the weight '${weight}' is not finite before the step`
        : isData
          ? `in the data, ${found.description}`
          : found.description;
  const advice = isData
    ? 'Check the data: no learning rate can fix this.'
    : step === 0
      ? 'No step has changed the weights yet, so the learning rate is not the cause: check the data, the initial weights and the objective.'
      : 'Try a smaller learning rate. If the same step diverges again, check its data.';
  return new DivergedError(
    `training diverged: the loss or gradient of step ${step + 1} (epoch ${epoch + 1}) is not finite: ${cause}. ${advice}`,
  );
}
