import type { Metrics } from '@hourglass/nn';
import { calibrate, calibrationMetadata } from './calibration.ts';
import { detectionMetrics } from './evaluation.ts';
import type { Experiment } from './experiment.ts';
import { type Figure, type FigureSource, subjectOf } from './figure-source.ts';
import { type Beat, beatFigure, errorHistograms } from './figures/index.ts';
import { ecgAutoencoder } from './model.ts';
import { absoluteReconstruction } from './objectives.ts';
import { ABNORMAL, allRows, type ExperimentData, NORMAL, rowsAt } from './samples.ts';
import { SCORES, scoreMetadata } from './score.ts';
import { errorsBy } from './trained-model.ts';

/** Anomaly detection: a model trained on normal heartbeats reconstructs abnormal ones badly. */
export const ecg: Experiment = {
  id: 'ecg',
  title: 'ECG anomaly detector',
  limits:
    'NOT A MEDICAL DEVICE; not suitable for diagnosis. It knows the beats of one patient, cut and z-normalised as in ECG5000.',
  dataset: 'ecg5000',
  lossName: 'MAE',
  latent: 8,
  presets: {
    report: { description: 'the report’s recipe', epochs: 25, batchSize: 512, learningRate: 1e-3 },
    quick: { description: 'the report’s recipe, quick on any adapter', epochs: 25, batchSize: 512, learningRate: 1e-3 },
    best: {
      description: 'more steps, scores of squared errors, and a threshold two standard deviations above the mean',
      epochs: 25,
      batchSize: 32,
      learningRate: 1e-3,
      deviations: 2,
      score: 'rmse',
      validation: 0.1,
    },
  },
  build: ecgAutoencoder,
  objective: absoluteReconstruction,
  metrics: detectionMetrics,
  validation: async ({ trained, data: { test } }): Promise<Metrics> => {
    const normal = [...test.labels.keys()].filter((i) => test.labels[i] === NORMAL);
    if (normal.length === 0) return {};
    const { errors } = await trained.apply(errorsBy.mae, await rowsAt(test, normal));
    return { normalLoss: errors.reduce((sum, error) => sum + error, 0) / errors.length };
  },
  metadata: async (source) => ({
    ...calibrationMetadata(await calibrate(source)),
    ...scoreMetadata(source.trained.score),
  }),
  progressFigure: async (source, epoch) => ({
    ...(await beats(source)),
    name: `epoch-${String(epoch).padStart(3, '0')}`,
  }),
  finalFigures: async (source) => [await beats(source), await histograms(source)],
};

/**
 * The indices of the first normal and the first abnormal test beat, or of only one if the other kind does not occur.
 */
export const firstOfEachKind = ({ test }: ExperimentData): number[] =>
  [NORMAL, ABNORMAL].map((label) => test.labels.indexOf(label)).filter((index) => index >= 0);

/** Draws the first beat of each kind with its reconstruction. */
export async function beats(source: FigureSource): Promise<Figure> {
  const { trained, data } = source;
  const indices = firstOfEachKind(data);
  const [length] = data.test.shape as [number];
  const samples = await rowsAt(data.test, indices);
  const [reconstructions, errors] = await Promise.all([trained.reconstruct(samples), trained.errors(samples)]);
  const drawn = indices.map((index, i): Beat => {
    const title = data.test.labels[index] === NORMAL ? 'Normal beat' : 'Abnormal beat';
    const own = (rows: Float32Array): Float32Array => rows.subarray(i * length, (i + 1) * length);
    return { title, samples: own(samples), reconstruction: own(reconstructions), error: errors[i]! };
  });
  return { name: 'beats', svg: beatFigure({ title: subjectOf(source), beats: drawn, measure: SCORES[trained.score] }) };
}

/** Draws the reconstruction errors of normal and abnormal test beats, with the threshold. */
export async function histograms(source: FigureSource): Promise<Figure> {
  const { trained, data } = source;
  const errors = await trained.errors(await allRows(data.test));
  const { threshold } = await calibrate(source);
  const of = (label: number): Float32Array => errors.filter((_, i) => data.test.labels[i] === label);
  return {
    name: 'errors',
    svg: errorHistograms({
      title: `${subjectOf(source)} · reconstruction error of test beats`,
      normal: of(NORMAL),
      abnormal: of(ABNORMAL),
      threshold,
      measure: SCORES[trained.score],
    }),
  };
}
