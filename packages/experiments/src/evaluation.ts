import { DataError } from '@hourglass/datasets';
import type { Metrics } from '@hourglass/nn';
import { type Device, sizeOf, type Tensor } from '@hourglass/tensor';
import { calibrationOf } from './calibration.ts';
import { detect, thresholdOf } from './detection.ts';
import type { Experiment } from './experiment.ts';
import { addNoise, distribution, divergences, RECONSTRUCTION_WEIGHT, reconstruct, sample } from './objectives.ts';
import { type ExperimentData, firstSamples, rescaled, rowsAt, type Samples } from './samples.ts';
import type { FittedWeights } from './stored-weights.ts';
import { absoluteErrors, type Computation, TrainedModel } from './trained-model.ts';

/** Which samples are judged: those held back, those of the training split, or both, the training split first. */
export const SPLITS = ['test', 'train', 'all'] as const;
export type Split = (typeof SPLITS)[number];

export interface EvaluationOptions {
  readonly split: Split;
  /** Judge the first so many samples of the split; undefined: all. */
  readonly limit?: number | undefined;
  /** Of the noise and of sampled codes. */
  readonly seed: number;
  /** Hears before every batch how many samples of how many are through the model. */
  readonly onProgress?: (done: number, total: number) => void;
}

interface Trial {
  /** Measures [N] of these samples one by one, by name. */
  readonly measure: <Name extends string>(
    samples: readonly Samples[],
    measures: Computation<Name>,
  ) => Promise<Record<Name, number[]>>;
  readonly judged: readonly Samples[];
  readonly data: ExperimentData;
  /** The threshold of a detector, if one was stored with it. */
  readonly threshold: number | undefined;
}

/** Measures a trained model. */
export type Evaluation = (trial: Trial) => Promise<Metrics>;

/** The mean squared error of each sample. */
const squaredErrors = (y: Tensor, x: Tensor): Tensor =>
  y
    .sub(x)
    .square()
    .reshape([x.shape[0]!, sizeOf(x.shape.slice(1))])
    .mean(1);

const means =
  (measures: Computation<string>): Evaluation =>
  async ({ measure, judged }) => {
    const measured = Object.entries(await measure(judged, measures));
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    return Object.fromEntries(measured.map(([name, values]) => [name, mean(values)]));
  };

/** `mse`. */
export const reconstructionMetrics = means((model, x, context) => ({
  mse: squaredErrors(reconstruct(model, x, context), x),
}));

/** `mse` of the output for the noisy image against the clean one, `noisyMse` of the noisy image itself. */
export const denoisingMetrics = means((model, x, context) => {
  const noisy = addNoise(x, context);
  return { mse: squaredErrors(reconstruct(model, noisy, context), x), noisyMse: squaredErrors(noisy, x) };
});

/** `mse` with z = mean; `reconstructionLoss` (1000 x MSE), `klLoss` and their sum `loss` with z sampled. */
export const variationalMetrics = means((model, x, context) => {
  const { weights, ...pass } = context;
  const { mean, logVariance } = distribution(model, x, context);
  const sampled = model.decoder.apply(sample(mean, logVariance, context), weights, pass);
  const reconstructionLoss = squaredErrors(sampled, x).mul(RECONSTRUCTION_WEIGHT);
  const klLoss = divergences(mean, logVariance);
  const y = model.decoder.apply(mean, weights, pass);
  return { mse: squaredErrors(y, x), reconstructionLoss, klLoss, loss: reconstructionLoss.add(klLoss) };
});

/**
 * The members of {@link Detection} by the report's rule, but those that take a share of nothing, as of no abnormal beats. A threshold
 * that was not stored comes from the normal beats of the training split.
 *
 * @throws DataError if an error is not a finite number
 */
export const detectionMetrics: Evaluation = async ({ measure, judged, data, threshold: stored }) => {
  const errorsOf = async (samples: readonly Samples[]): Promise<number[]> =>
    (await measure(samples, absoluteErrors)).errors;
  const threshold = stored ?? thresholdOf(await errorsOf([data.train]));
  const labels = judged.flatMap((samples) => [...samples.labels]);
  const errors = await errorsOf(judged);
  const wrong = errors.findIndex((error) => !Number.isFinite(error));
  if (wrong >= 0) throw new DataError(`Beat ${wrong + 1} has values so large that its error is not a finite number.`);
  const detection = Object.entries(detect(errors, labels, threshold));
  return Object.fromEntries(detection.filter(([, value]) => !Number.isNaN(value)));
};

/** How well a model with these weights does what the experiment is for: its metrics, means over samples whatever the batches. */
export async function evaluate(
  device: Device,
  experiment: Experiment,
  fitted: FittedWeights,
  given: ExperimentData,
  { split, limit, seed, onProgress = () => {} }: EvaluationOptions,
): Promise<{ readonly samples: number; readonly metrics: Metrics }> {
  const trained = TrainedModel.from(device, fitted, seed);
  const calibration = calibrationOf(fitted);
  const data = calibration === undefined ? given : rescaled(given, calibration);
  const judged = firstOf(samplesOf(data, split), limit);

  const measure: Trial['measure'] = async <Name extends string>(
    samples: readonly Samples[],
    measures: Computation<Name>,
  ) => {
    const total = samples.reduce((sum, { count }) => sum + count, 0);
    const measured: Partial<Record<Name, number[]>> = {};
    let done = 0;
    for (const part of samples) {
      const read = (start: number, count: number): Promise<Float32Array> => {
        onProgress(done + start, total);
        return rowsAt(
          part,
          Array.from({ length: count }, (_, i) => start + i),
        );
      };
      const results = await trained.apply(measures, { count: part.count, read }, { first: done });
      for (const name of Object.keys(results) as Name[]) measured[name] = [...(measured[name] ?? []), ...results[name]];
      done += part.count;
    }
    return measured as Record<Name, number[]>;
  };
  const metrics = await experiment.metrics({ measure, judged, data, threshold: calibration?.threshold });
  return { samples: judged.reduce((sum, { count }) => sum + count, 0), metrics };
}

function samplesOf({ train, trainSplit = train, test }: ExperimentData, split: Split): readonly Samples[] {
  return { test: [test], train: [trainSplit], all: [trainSplit, test] }[split];
}

function firstOf(parts: readonly Samples[], limit = Number.POSITIVE_INFINITY): Samples[] {
  let left = limit;
  const chosen = parts.map((part) => {
    const first = firstSamples(part, left);
    left -= first.count;
    return first;
  });
  return chosen.filter(({ count }) => count > 0);
}
