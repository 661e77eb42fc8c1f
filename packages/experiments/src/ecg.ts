import { thresholdOf } from './detection.ts';
import type { Experiment } from './experiment.ts';
import { type Beat, beatFigure, errorHistograms } from './figures/index.ts';
import { ecgAutoencoder } from './model.ts';
import { absoluteReconstruction, reconstruct } from './objectives.ts';
import type { Figure, Run } from './run.ts';
import { ABNORMAL, NORMAL, rowsAt, type Samples } from './samples.ts';

/** Anomaly detection: trained on normal heartbeats, an abnormal one is reconstructed badly. */
export const ecg: Experiment = {
  id: 'ecg',
  title: 'ECG anomaly detector',
  dataset: 'ecg5000',
  lossName: 'MAE',
  latent: 8,
  presets: {
    report: { description: 'the report’s recipe', epochs: 25, batchSize: 512, learningRate: 1e-3 },
    quick: { description: 'the report’s recipe, quick on any adapter', epochs: 25, batchSize: 512, learningRate: 1e-3 },
  },
  build: ecgAutoencoder,
  objective: absoluteReconstruction,
  progressFigure: async (run, epoch) => ({ ...(await beats(run)), name: `epoch-${String(epoch).padStart(3, '0')}` }),
  finalFigures: async (run) => [await beats(run), await histograms(run)],
};

/** The mean absolute error of each sample. */
async function errorsOf(run: Run, samples: Samples): Promise<Float32Array> {
  const all = Array.from({ length: samples.count }, (_, i) => i);
  return run.on(samples, all, (x, context) => reconstruct(run.model, x, context).sub(x).abs().mean(1));
}

/** The first normal and the first abnormal test beat with their reconstructions. */
async function beats(run: Run): Promise<Figure> {
  const { test } = run.data;
  const indices = [NORMAL, ABNORMAL].map((label) => test.labels.indexOf(label));
  const [length] = test.shape as [number];
  const samples = rowsAt(test, indices);
  const output = await run.on(test, indices, (x, context) => reconstruct(run.model, x, context));
  const drawn = ['Normal beat', 'Abnormal beat'].map((title, i): Beat => {
    const own = samples.subarray(i * length, (i + 1) * length);
    const reconstruction = output.subarray(i * length, (i + 1) * length);
    const error = own.reduce((sum, value, t) => sum + Math.abs(value - reconstruction[t]!), 0) / length;
    return { title, samples: own, reconstruction, error };
  });
  return { name: 'beats', svg: beatFigure({ title: run.subject, beats: drawn }) };
}

async function histograms(run: Run): Promise<Figure> {
  const { train, test } = run.data;
  const errors = await errorsOf(run, test);
  const threshold = thresholdOf(await errorsOf(run, train));
  const of = (label: number): Float32Array => errors.filter((_, i) => test.labels[i] === label);
  return {
    name: 'errors',
    svg: errorHistograms({
      title: `${run.subject} · reconstruction error of test beats`,
      normal: of(NORMAL),
      abnormal: of(ABNORMAL),
      threshold,
    }),
  };
}
