import { DataError } from '@hourglass/datasets';
import { type Metrics, meanOfEach, sampleLosses, squaredErrors } from '@hourglass/nn';
import type { Device } from '@hourglass/tensor';
import { deception, discrimination } from './adversarial.ts';
import { calibrationOf } from './calibration.ts';
import { detect, thresholdOf } from './detection.ts';
import type { Trainable } from './experiment.ts';
import { addNoise, type Noise } from './noise.ts';
import { denoisingTerms, distribution, reconstruction, variationalTerms } from './objectives.ts';
import { countOf, type ExperimentData, firstSamples, rescaled, rowsOf, type Samples } from './samples.ts';
import type { Score } from './score.ts';
import type { FittedWeights } from './stored-weights.ts';
import { type Computation, errorsBy, TrainedModel } from './trained-model.ts';

/** The samples to evaluate: the test split, the training split, or both, with the training split first. */
export const SPLITS = ['test', 'train', 'all'] as const;
export type Split = (typeof SPLITS)[number];

export interface EvaluationOptions {
  readonly split: Split;
  /** Evaluate only this many samples of the split, chosen by {@link firstSamples}; undefined: all. */
  readonly limit?: number | undefined;
  /** Seed of the noise and of sampled codes. */
  readonly seed: number;
  /** Called before every batch with the number of samples done and the total. */
  readonly onProgress?: (done: number, total: number) => void;
}

interface Trial {
  /** Per-sample measures [N], by name. */
  readonly measure: <Name extends string>(
    samples: readonly Samples[],
    measures: Computation<Name>,
  ) => Promise<Record<Name, Float32Array>>;
  readonly judged: readonly Samples[];
  readonly data: ExperimentData;
  /** The detector's threshold, if it is stored with the weights. */
  readonly threshold: number | undefined;
  /** The noise of a denoiser's inputs. */
  readonly noise: Noise;
  /** How a detector scores a sample. */
  readonly score: Score;
}

/** The metrics of the samples of one class. */
export interface ClassMetrics {
  readonly name: string;
  readonly samples: number;
  readonly metrics: Metrics;
}

export interface Measured {
  readonly metrics: Metrics;
  /** The metrics of every judged class, if there are classes and the metrics are means. */
  readonly classes?: readonly ClassMetrics[];
}

/** Measures a trained model. */
export type Evaluation = (trial: Trial) => Promise<Measured>;

const means =
  (measures: Computation<string>): Evaluation =>
  async ({ measure, judged, data }) => {
    const measured = Object.entries(await measure(judged, measures));
    const meansOf = (chosen: (values: Float32Array) => Float32Array): Metrics =>
      Object.fromEntries(
        measured.map(([name, values]) => {
          const own = chosen(values);
          return [name, own.reduce((sum, value) => sum + value, 0) / own.length];
        }),
      );
    const labels = judged.flatMap((samples) => [...samples.labels]);
    const classes = data.classes.flatMap((name, label) => {
      const samples = labels.filter((own) => own === label).length;
      const metrics = meansOf((values) => values.filter((_, i) => labels[i] === label));
      return samples === 0 ? [] : [{ name, samples, metrics }];
    });
    return { metrics: meansOf((values) => values), classes };
  };

/** `mse`, the loss of {@link reconstruction}. */
export const reconstructionMetrics = means((model, x, context) => ({
  mse: sampleLosses(reconstruction(model)(x, context)).loss,
}));

/**
 * `mse`, the loss of {@link denoising}, and `noisyMse`, the error of the noisy image itself relative to the clean one.
 */
export const denoisingMetrics: Evaluation = (trial) =>
  means((model, x, context) => {
    const noisy = addNoise(x, context, trial.noise);
    const { loss } = sampleLosses(denoisingTerms(model, noisy, x, context));
    return { mse: loss, noisyMse: meanOfEach(squaredErrors(noisy, x)) };
  })(trial);

const variationalErrors: Computation<string> = (model, x, context) => {
  const { weights, ...pass } = context;
  const codes = distribution(model, x, context);
  const { loss, parts } = sampleLosses(variationalTerms(model, codes, x, context));
  const y = model.decoder.apply(codes.mean, weights, pass);
  return { mse: meanOfEach(squaredErrors(y, x)), ...parts, loss };
};

/** `mse` with z = mean; `reconstructionLoss`, `klLoss` and their sum `loss` of {@link variational} with z sampled. */
export const variationalMetrics = means(variationalErrors);

/** The metrics of a VAE-GAN: no `loss`, because it has a third term, and its discriminator is not part of the model. */
export const variationalAdversarialMetrics = means((model, x, context) => {
  const { loss: _, ...errors } = variationalErrors(model, x, context);
  return errors;
});

/** `loss` of the generator and `discriminatorLoss`, with one generated image for each real one. */
export const adversarialMetrics = means((model, x, context) => {
  // Both losses judge the same generated images, as in a training step.
  const codes = context.normal([x.shape[0]!, ...model.decoder.inputShape]);
  const shared = { ...context, normal: () => codes };
  return {
    loss: sampleLosses(deception(model)(x, shared)).loss,
    discriminatorLoss: sampleLosses(discrimination(model)(x, shared)).loss,
  };
});

/**
 * The members of {@link Detection} by the report's rule, except shares of zero beats, for example of no abnormal beats.
 * If no threshold is stored, it comes from the normal beats of the training split.
 *
 * @throws DataError if an error is not a finite number
 */
export const detectionMetrics: Evaluation = async ({ measure, judged, data, threshold: stored, score }) => {
  const threshold = stored ?? thresholdOf((await measure([data.train], errorsBy[score])).errors);
  const labels = judged.flatMap((samples) => [...samples.labels]);
  const { errors } = await measure(judged, errorsBy[score]);
  const wrong = errors.findIndex((error) => !Number.isFinite(error));
  if (wrong >= 0) throw new DataError(`Beat ${wrong + 1} has values so large that its error is not a finite number.`);
  const detection = Object.entries(detect(errors, labels, threshold));
  return { metrics: Object.fromEntries(detection.filter(([, value]) => !Number.isNaN(value))) };
};

/** What can be trained and evaluated. */
export interface Measurable extends Trainable {
  /** What an evaluation of a trained model measures. */
  readonly metrics: Evaluation;
}

/**
 * Evaluates a model with these weights: computes the metrics of its experiment on the chosen samples. Every sample
 * counts equally, regardless of the batch size.
 *
 * @throws WeightsError if the stored calibration is damaged or the stored score is unknown; DataError if a detector's
 *   error is not a finite number
 */
export async function evaluate(
  device: Device,
  experiment: Measurable,
  fitted: FittedWeights,
  given: ExperimentData,
  { split, limit, seed, onProgress = () => {} }: EvaluationOptions,
): Promise<Measured & { readonly samples: number }> {
  const trained = TrainedModel.from(device, fitted, seed);
  const calibration = calibrationOf(fitted);
  const data = calibration === undefined ? given : rescaled(given, calibration);
  const judged = firstOf(samplesOf(data, split), limit);

  const measure: Trial['measure'] = (samples, measures) => {
    const count = countOf(samples);
    const read = (start: number, rows: number): Promise<Float32Array> => {
      onProgress(start, count);
      return rowsOf(samples, start, rows);
    };
    return trained.apply(measures, { count, read });
  };
  const measured = await experiment.metrics({
    measure,
    judged,
    data,
    threshold: calibration?.threshold,
    noise: trained.noise,
    score: trained.score,
  });
  return { samples: countOf(judged), ...measured };
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
