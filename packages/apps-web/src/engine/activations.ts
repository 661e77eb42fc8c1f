import type { Autoencoder, Computation, Half } from '@hourglass/experiments';
import { Sequential } from '@hourglass/nn';
import type { Activation } from './api.ts';

/**
 * The stages of a half whose outputs are shown, counted from 1: the last of each picture size, and the last of the
 * half.
 */
function shownStages({ stages }: Sequential): number[] {
  const last = new Map<string, number>();
  stages.forEach(([first], i) => {
    const { outputShape } = first!;
    if (outputShape.length === 3) last.set(outputShape.join('x'), i + 1);
  });
  return [...new Set([...last.values(), stages.length])].sort((a, b) => a - b);
}

/** The first `count` stages of a model. The layers keep their names, so the model's weights fit. */
const beginning = ({ name, inputShape, stages }: Sequential, count: number): Sequential =>
  new Sequential(
    name,
    inputShape,
    stages.slice(0, count).map((stage) => stage.map(({ layer }) => layer)),
  );

/** Computes the outputs of the shown stages, by their number. */
const activationsOf =
  (half: Half): Computation<string> =>
  (model, x, { weights, ...pass }) =>
    Object.fromEntries(
      shownStages(model[half]).map((count) => [String(count), beginning(model[half], count).apply(x, weights, pass)]),
    );

export const ACTIVATIONS: Readonly<Record<Half, Computation<string>>> = {
  encoder: activationsOf('encoder'),
  decoder: activationsOf('decoder'),
};

/** The outputs for one sample, in the order of the stages. */
export function activationList(
  model: Autoencoder,
  half: Half,
  outputs: Readonly<Record<string, Float32Array>>,
): Activation[] {
  return shownStages(model[half]).map((count) => ({
    shape: beginning(model[half], count).outputShape,
    values: outputs[count]!,
  }));
}
