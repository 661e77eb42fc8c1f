import { gradients, randomDraws, Weights } from '@hourglass/nn';
import { type Device, type Product, productsIn } from '@hourglass/tensor';
import type { Hyperparameters, Trainable } from './experiment.ts';
import { type ModelShape, networksOf } from './model.ts';

/** The properties of a training step that determine its products. */
export type StepShape = Partial<ModelShape> & Pick<Hyperparameters, 'batchSize'>;

/** The products of an experiment's training step, without duplicates, the largest first: the candidates for tuning. */
export function productsOfStep(
  device: Device,
  { build, latent, objective }: Trainable,
  { batchSize, ...shape }: StepShape,
): Product[] {
  const model = build({ latent, ...shape });
  const weights = new Weights(device, networksOf(model), 0);
  // Only shapes matter.
  const x = device.zeros([1]).broadcastTo([batchSize, ...model.encoder.inputShape]);
  const draws = randomDraws(device, { seed: device.integers(0), step: device.integers(0) }, { training: true });
  const { loss, gradient } = gradients(weights, objective(model), x, draws);
  return productsIn([loss, gradient]);
}
