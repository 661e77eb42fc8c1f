import { findNotFinite } from '@hourglass/tensor';
import { DivergedError } from './errors.ts';
import type { Gradients } from './training-step.ts';
import type { Weights } from './weights.ts';

/**
 * Finds where a step with a non-finite loss or gradient goes wrong: repeats the step operation by operation, with the
 * weights from before the step. An opponent whose own loss and gradient were finite has already moved, so it has the
 * weights from after the step. `steps` has one entry for each network that trains in turn, in their order. `step` and
 * `epoch` count from 0.
 */
export async function divergenceOf(
  steps: readonly Pick<Gradients, 'loss' | 'gradient'>[],
  weights: readonly Weights[],
  { step, epoch }: { readonly step: number; readonly epoch: number },
): Promise<DivergedError> {
  const found = await findNotFinite(steps.flatMap(({ loss, gradient }) => [loss, gradient]));
  const named = weights.flatMap((own) => own.names.map((name) => [name, own.get(name)] as const));
  const weight = named.find(([, variable]) => variable === found?.tensor)?.[0];
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
