import type { Objective } from '@hourglass/nn';
import type { Autoencoder } from '../model.ts';
import { absoluteReconstruction, denoisingTerms, type ObjectiveChoice } from '../objectives.ts';

/** The standard deviation of the noise, as a share of the channel's own. */
const NOISE = 0.2;

/**
 * The mean absolute error of the reconstruction, or the chosen loss. Training adds Gaussian noise to the input, but
 * not to the target, so that the model learns what normal series have in common instead of copying its input, which
 * would reconstruct abnormal series too (Vincent et al. 2008).
 *
 * @param deviations the standard deviation of each channel in the scaled training data
 */
export const seriesObjective =
  (deviations: readonly number[]) =>
  (model: Autoencoder, { loss = 'mae' }: ObjectiveChoice = {}): Objective => {
    const exact = absoluteReconstruction(model, { loss });
    return (x, context) => {
      if (!context.training) return exact(x, context);
      const scale = x.device.tensor(
        deviations.map((deviation) => NOISE * deviation),
        [deviations.length],
      );
      return denoisingTerms(model, x.add(context.normal(x.shape).mul(scale)), x, context, { loss });
    };
  };
