import {
  type Cut,
  cutOf,
  DataError,
  type RecordingSet,
  rowsOfWindows,
  type Scale,
  type Scaling,
  type SeriesOptions,
  type SeriesSplits,
  scalingOf,
  splitWindows,
  type Window,
} from '@hourglass/datasets';
import type { Trainable } from '../experiment.ts';
import { type ExperimentData, NORMAL, type StoredSamples } from '../samples.ts';
import type { TrainedModel } from '../trained-model.ts';
import {
  CONTAMINATION,
  type Detector,
  detectorMetadata,
  type ThresholdRule,
  thresholdBy,
  usualThreshold,
} from './detector.ts';
import { seriesFigures, worstWindows } from './figures.ts';
import { scoreWindows } from './judge.ts';
import { type SeriesModel, type SeriesShape, seriesAutoencoder, usualLatent, usualModel } from './model.ts';
import { seriesObjective } from './objective.ts';

export const SERIES_ID = 'series';

/** The settings that users choose for a detector on their own data. */
export interface SeriesChoice {
  /** undefined: the length of the series, or a length that suits the recording. */
  readonly window?: number | undefined;
  readonly stride?: number | undefined;
  /** undefined: dense up to 16 instants, conv for longer windows. */
  readonly model?: SeriesModel | undefined;
  readonly scale: Scale;
  /** undefined: the usual threshold. */
  readonly rule: ThresholdRule | undefined;
  /** The share of normal windows held back for validation; 0: none. */
  readonly validation: number;
  readonly seed: number;
  readonly reading: SeriesOptions;
}

/** A detector to train on the user's series. */
export interface SeriesTask {
  readonly set: RecordingSet;
  readonly cut: Cut;
  readonly scaling: Scaling;
  /** The standard deviation of each channel in the scaled training data. */
  readonly deviations: readonly number[];
  readonly splits: SeriesSplits;
  readonly shape: SeriesShape;
  readonly rule: ThresholdRule | undefined;
  /** How the files were read. */
  readonly reading: SeriesOptions;
  /** Sentences about the choices made for the user. */
  readonly notes: readonly string[];
}

/** Cuts, splits and scales the series. @throws DataError if the series are not suitable for training */
export function seriesTask(
  set: RecordingSet,
  { window, stride, model, scale, rule, validation, seed, reading }: SeriesChoice,
): SeriesTask {
  // Checks for constant channels first: otherwise the error would be that there is no period, or that no two series
  // differ. A single instant is not constant, but too short.
  const several = set.recordings.filter(({ length }) => length > 1);
  if (several.length > 0)
    scalingOf(
      several.map((recording) => ({ recording, start: 0, end: recording.length })),
      set.channels,
      'minmax',
    );
  const { why, ...cut } = cutOf(set, { window, stride });
  const whole = set.layout === 'series' && set.recordings.every(({ length }) => length === cut.window);
  const layout = whole ? 'series' : 'recording';
  const splits = splitWindows(set, cut, validation, seed);
  const stretches = merged(splits.train, cut);
  const scaling = scalingOf(stretches, set.channels, scale);
  const deviations = scalingOf(stretches, set.channels, 'standard').unit.map((unit, c) => unit / scaling.unit[c]!);
  const shape = { model: model ?? usualModel(cut.window), window: cut.window, channels: set.channels.length };
  const labelled = set.recordings[0]!.normal !== undefined;
  const notes = [...(set.notes ?? []), ...(why === undefined ? [] : [why])];
  if (labelled && splits.abnormal.length === 0)
    notes.push('All labels are normal: there is nothing abnormal to evaluate the detector with.');
  const columns = reading.columns ?? (set.fromColumns ? set.channels : undefined);
  return {
    ...{ set: { ...set, layout }, cut, scaling, deviations, splits, shape, rule, notes },
    reading: { ...reading, layout: whole ? set.layout : reading.layout, columns },
  };
}

/** The stretches that windows cover, without overlap. */
function merged(
  windows: readonly Window[],
  { window }: Cut,
): { recording: Window['recording']; start: number; end: number }[] {
  const stretches: { recording: Window['recording']; start: number; end: number }[] = [];
  for (const { recording, start } of windows) {
    const last = stretches.at(-1);
    if (last?.recording === recording && last.end >= start) last.end = start + window;
    else stretches.push({ recording, start, end: start + window });
  }
  return stretches;
}

/** The fewest steps in a training run. */
const STEPS = 1600;
/** Samples in an epoch, at least, if they are repeated. */
const EPOCH = 1024;
const BATCH = 32;
/** Where a series begins is arbitrary, so repeats of complete series are moved by up to this share of their length. */
const LONGEST_SHIFT = 1 / 70;
/** The most numbers in a batch of windows. Activations are several times as large. */
const BATCH_NUMBERS = 2 ** 19;
/** The most numbers in the repeated windows of an epoch. */
const MOST_NUMBERS = 2 ** 24;

/** The windows of a task, as training and validation data. */
export function seriesData({ set, cut, scaling, splits, shape }: SeriesTask): ExperimentData {
  const samples = (windows: readonly Window[]): StoredSamples => ({
    count: windows.length,
    shape: [shape.window, shape.channels],
    rows: rowsOfWindows(windows, cut, scaling),
    labels: new Uint8Array(windows.length).fill(NORMAL),
    sampled: true,
  });
  const numbers = splits.train.length * shape.window * shape.channels;
  const repeats = Math.max(1, Math.min(Math.ceil(EPOCH / splits.train.length), Math.floor(MOST_NUMBERS / numbers)));
  // Windows of a recording already begin everywhere.
  const longestShift = set.layout === 'series' ? Math.floor(LONGEST_SHIFT * shape.window) : 0;
  return {
    id: SERIES_ID,
    source: 'files',
    classes: ['abnormal', 'normal'],
    train: { ...samples(splits.train), repeats, longestShift },
    test: samples(splits.validation),
  };
}

/** The experiment `series` for a task. */
export function seriesExperiment(task: SeriesTask, data: ExperimentData): Trainable {
  const { shape, set, cut, scaling, deviations, reading } = task;
  const { count, repeats = 1 } = data.train as StoredSamples;
  const batchSize = Math.max(1, Math.min(BATCH, Math.floor(BATCH_NUMBERS / (shape.window * shape.channels))));
  const stepsOfEpoch = Math.ceil((count * repeats) / batchSize);
  const epochs = Math.max(5, Math.ceil(STEPS / stepsOfEpoch));
  const recipe = { description: `the ${shape.model} model`, epochs, batchSize, learningRate: 1e-3 };
  const detectorOf = async (trained: TrainedModel): Promise<Detector> => ({
    ...cut,
    layout: set.layout,
    model: shape.model,
    latent: trained.latent,
    channels: set.channels,
    scaling,
    threshold: await calibrated(trained, task),
    reading,
  });
  return {
    id: SERIES_ID,
    title: 'Detector of abnormal series',
    lossName: 'MAE',
    latent: usualLatent(shape),
    presets: { report: recipe, quick: recipe },
    build: ({ latent }) => seriesAutoencoder(shape, latent),
    objective: seriesObjective(deviations),
    metadata: async ({ trained }) => detectorMetadata(await detectorOf(trained)),
    progressFigure: async ({ trained }, epoch) => ({
      ...(await worstWindows(trained, task, await detectorOf(trained))),
      name: `epoch-${String(epoch).padStart(3, '0')}`,
    }),
    finalFigures: async ({ trained }) => seriesFigures(trained, task, await detectorOf(trained)),
  };
}

/** The threshold from the normal windows held back or, without labels, from all windows. */
async function calibrated(trained: TrainedModel, { set, cut, scaling, splits, rule }: SeriesTask): Promise<number> {
  const labelled = set.recordings[0]!.normal !== undefined;
  const windows = labelled ? splits.validation : [...new Set([...splits.train, ...splits.validation])];
  const scores = await scoreWindows(trained, windows, cut, scaling);
  if (rule === undefined && !labelled) return usualThreshold(scores);
  return thresholdBy(rule ?? { contamination: CONTAMINATION }, scores);
}

/** @throws DataError if the number of channels differs from the detector's */
export function checkChannels({ channels }: Pick<RecordingSet, 'channels'>, detector: Detector): void {
  if (channels.length === detector.channels.length) return;
  throw new DataError(
    `The data has ${channels.length} channels (${channels.slice(0, 8).join(', ')}), but the model needs ${detector.channels.length} (${detector.channels.slice(0, 8).join(', ')}). Choose them with --columns.`,
  );
}
