import { type ExperimentData, productsOfRun, Run, type RunSettings, type Samples } from '@hourglass/experiments';
import { DivergedError, type Metrics, summary } from '@hourglass/nn';
import type { AdapterInfo } from '@hourglass/node';
import { Device, DeviceLostError } from '@hourglass/tensor';
import type { Messages } from '../io/messages.ts';
import { toUser } from '../io/paths.ts';
import { openAdapter } from '../model/adapter.ts';
import { readWeights } from '../model/weights-files.ts';
import {
  checkSameDataset,
  type DatasetInfo,
  describeDataset,
  type RunConfig,
  validationSamples,
} from '../run/config.ts';
import { RunFolder, type StoredRun } from '../run/folder.ts';
import { reportCommand, resumeCommand } from '../run/follow-up-commands.ts';
import { Interruption } from '../run/interruption.ts';
import { RunLog } from '../run/log.ts';
import type { EpochMetrics } from '../run/metrics-file.ts';
import { expectedSeconds, formatDuration, formatRate, TrainingProgress } from '../run/progress.ts';
import { changesToPreset, imageSizeOf, type TrainOptions } from '../run/settings.ts';
import type { Loaded, Subject } from '../run/subject.ts';
import { trainToEnd } from '../run/train-to-end.ts';
import type { Training } from '../run/training.ts';
import { Interrupted, UsageError } from '../usage/errors.ts';
import { findSubject } from '../usage/find-subject.ts';
import type { CommonOptions } from '../usage/options.ts';
import { evaluate } from './evaluate.ts';
import { openTunedDevice } from './tune.ts';

/** The output of `train --json`. */
export interface TrainResult extends EpochMetrics {
  readonly experiment: string;
  /** The run folder's absolute path. */
  readonly run: string;
  /** Whether the run draws figures. */
  readonly hasFigures: boolean;
  /** The driver's name for the adapter. */
  readonly adapter: string;
  readonly dataset: DatasetInfo;
  /** Seconds from requesting the kernels until the end of the first step; null if a resumed run had no step left. */
  readonly firstStepSeconds: number | null;
  /**
   * The metrics of the best weights on the test split, if validation used held-back training samples instead. A
   * finished run measures them once.
   */
  readonly test?: Metrics | undefined;
}

/**
 * Trains an experiment, or resumes a run.
 *
 * @throws Interrupted after a signal; otherwise any error that `explain` handles. The folder of a new run is removed
 *   unless a step was trained.
 */
export async function train(id: string, options: TrainOptions, messages: Messages): Promise<TrainResult> {
  const subject = findSubject(id);
  subject.check(options);
  const interruption = new Interruption(() => messages.line('Stopping. Press Ctrl-C again to quit at once.'));
  const { resume } = options;
  const folder =
    resume === undefined
      ? await (options.out === undefined ? RunFolder.createDefault(id) : RunFolder.create(options.out))
      : (await RunFolder.open(resume)).folder;

  const lock = await folder.lock();
  let prepared: Prepared | undefined;
  try {
    // Read again, because now no other process can write.
    const stored = resume === undefined ? undefined : await RunFolder.open(resume);
    prepared = await prepare(subject, options, { messages, interruption, folder, stored });
    const metrics = await trainToEnd(prepared.training).catch(async (error: unknown) => {
      if (!(error instanceof DeviceLostError)) throw error;
      prepared = await goOn(prepared!, error, { folder, messages });
      return trainToEnd(prepared.training);
    });
    return await trainResult(prepared, metrics);
  } catch (error) {
    const steps = prepared?.training.run.trainer.steps ?? 0;
    const saved = prepared !== undefined && (steps > 0 || error instanceof Interrupted);
    if (resume === undefined && !saved) {
      await lock.release();
      await folder.discard().catch(() => undefined);
    } else if (error instanceof DivergedError) {
      messages.line(`The last checkpoint, from before that step, is still in ${toUser(folder.path)}.`);
    } else if (prepared !== undefined && !(error instanceof Interrupted)) {
      const { resumeBy } = prepared.training;
      messages.line(`The run is saved at its last checkpoint. When the problem is fixed, resume it with: ${resumeBy}`);
    }
    throw error;
  } finally {
    messages.clear();
    prepared?.device.destroy();
    await prepared?.dataset.close?.();
    await lock.release();
    interruption.release();
  }
}

/** The result of a finished training run whose last epoch has these metrics. */
export async function trainResult(prepared: Prepared, metrics: EpochMetrics): Promise<TrainResult> {
  const { config, training } = prepared;
  const { experiment, adapter, figures, dataset: stored } = config;
  const { sha256: _, ...dataset } = stored;
  const hasFigures = figures !== 'none';
  const firstStepSeconds = training.run.trainer.firstStepSeconds ?? null;
  const run = training.folder.path;
  const tested = dataset.validation === undefined ? undefined : await testOf(prepared);
  return { experiment, run, hasFigures, adapter: adapter.name, dataset, ...metrics, firstStepSeconds, test: tested };
}

/** The metrics of a run's best weights on the test split. */
async function testOf({ config, training, options }: Prepared): Promise<Metrics> {
  const { experiment, data, dataDir, adapter } = config;
  const { cacheDir, strict } = options;
  const where = { data, dataDir, cacheDir, strict, adapter: adapter.choice };
  const { metrics } = await evaluate(experiment, { ...where, weights: [training.folder.path] }, training.messages);
  return metrics;
}

/** The result as text. */
export function formatTrainResult(result: TrainResult): string {
  const { experiment, run, hasFigures, dataset, epochs, steps, loss, valLoss, seconds, samplesPerSecond, test } =
    result;
  const plural = epochs === 1 ? '' : 's';
  const speed = samplesPerSecond > 0 ? ` (${formatRate(samplesPerSecond)} samples/s)` : '';
  const data = dataset.source === 'procedural' ? 'the procedural stand-in' : dataset.id;
  return [
    `${experiment}: ${epochs} epoch${plural}, ${steps} steps, ${formatDuration(seconds)} of training${speed}`,
    `loss ${loss.toFixed(4)} · val_loss ${valLoss.toFixed(4)} on ${validationSamples(dataset)} of ${data}`,
    ...(test === undefined ? [] : [`the best weights on the ${dataset.test} test samples: ${formatMetrics(test)}`]),
    `run folder ${toUser(run)}${hasFigures ? ', with its pictures in figures/' : ''}`,
  ].join('\n');
}

const formatMetrics = (metrics: Metrics): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name} ${value.toPrecision(4)}`)
    .join(' · ');

interface Surroundings {
  readonly messages: Messages;
  readonly interruption: Interruption;
  readonly folder: RunFolder;
  readonly stored: StoredRun | undefined;
}

export interface Prepared {
  /** The options of the command. */
  readonly options: CommonOptions;
  readonly device: Device;
  readonly dataset: ExperimentData;
  readonly config: RunConfig;
  readonly training: Training;
}

/**
 * Opens a run, writes its configuration and summary, and prints its header.
 *
 * @throws any error that `explain` handles
 */
export async function prepare(subject: Subject, options: TrainOptions, around: Surroundings): Promise<Prepared> {
  const { messages, interruption, folder, stored } = around;
  const opened = await openRun(subject, options, {
    messages,
    stored,
    signal: interruption.signal,
    source: toUser(folder.path),
  });
  const { device, loaded, config, run, info } = opened;
  const { dataset, settings } = loaded;
  const began = stored?.config;
  const log = RunLog.open(options.log);
  await folder.writeConfig(config);
  const { encoder, decoder } = run.trained.model;
  await folder.writeSummary(`${summary(encoder)}\n\n${summary(decoder)}\n`);
  const events = config.tensorboard ? folder.createEvents() : undefined;
  interruption.signal.throwIfAborted();

  const presetGiven = (options.preset ?? began) !== undefined;
  messages.line(...header({ ...loaded, presetGiven, config, info, folder }));
  if (began !== undefined) messages.line(...resumedNotes(began, run, info));
  const progress = new TrainingProgress(messages, {
    epochs: settings.epochs,
    batchSize: settings.batchSize,
    trainSamples: run.samplesPerEpoch,
    testSamples: config.dataset.validation ?? config.dataset.test,
    onSpeed: (speed) =>
      messages.line(...expectations(run, loaded, reportCommand(run.experiment, config, options), speed)),
  });
  const { keepEpochs, figures } = config;
  const rows = stored?.rows ?? [];
  const position = stored?.snapshot.state.position ?? 0;
  const resumeBy = resumeCommand(run.experiment.id, folder.path, options);
  return {
    options,
    device,
    dataset,
    config,
    training: {
      ...{ run, folder, resumeBy, rows, position, keepEpochs, figures },
      ...{ config, messages, progress, log, events, interruption },
    },
  };
}

interface Opened {
  readonly device: Device;
  readonly loaded: Loaded;
  readonly config: RunConfig;
  readonly run: Run;
  readonly info: AdapterInfo;
}

/**
 * Opens data, adapter and device, and makes the run, restored to its checkpoint if there is one. `source` names the
 * checkpoint in errors.
 *
 * @throws any error that `explain` handles
 */
export async function openRun(
  subject: Subject,
  options: TrainOptions,
  {
    messages,
    stored,
    signal,
    source,
  }: {
    readonly messages: Messages;
    readonly stored: Pick<StoredRun, 'config' | 'snapshot'> | undefined;
    readonly signal: AbortSignal;
    readonly source: string;
  },
): Promise<Opened> {
  const began = stored?.config;
  if (began !== undefined && began.experiment !== subject.id)
    throw new UsageError(`${source} is a run of ${began.experiment}, not of ${subject.id}.`);

  const { cacheDir } = options;
  const choice = options.adapter ?? began?.adapter.choice ?? 'auto';
  const opened = await openAdapter(choice, { cacheDir });
  const { adapter, info } = opened;
  const loaded = await subject.load(options, { stored, kind: info.kind, messages, signal });
  const { experiment, settings, dataset, series, images } = loaded;
  signal.throwIfAborted();

  const { device, tuning } =
    began === undefined
      ? await openTunedDevice(options, (fresh) => productsOfRun(fresh, experiment, settings), messages, opened)
      : { device: await Device.create(adapter, info.kind, { tuning: began.tuning }), tuning: began.tuning };
  const config: RunConfig = {
    experiment: experiment.id,
    settings,
    keepEpochs: options.keepEpochs ?? began?.keepEpochs ?? false,
    figures: options.figures ?? began?.figures,
    tensorboard: options.tensorboard ?? began?.tensorboard,
    weights: options.weights === undefined ? began?.weights : [...options.weights],
    dataset: await describeDataset(dataset, settings),
    data: options.data ?? began?.data,
    dataDir: options.dataDir ?? began?.dataDir,
    series,
    images,
    adapter: { choice, name: info.name },
    tuning,
  };
  if (began !== undefined) checkSameDataset(began.dataset, config.dataset);
  const run = new Run(device, experiment, dataset, settings);
  // A resumed run has its own weights, even if a worker resumes it with the options that began it.
  if (stored !== undefined) run.restore(stored.snapshot, source);
  else if (options.weights !== undefined) run.startFrom(await readWeights(options.weights, subject));
  return { device, loaded, config, run, info };
}

/** Restores the run from its last checkpoint on a new device, in place of the lost one. */
async function goOn(
  { options, device, dataset, config, training }: Prepared,
  { message }: DeviceLostError,
  { folder, messages }: { folder: RunFolder; messages: Messages },
): Promise<Prepared> {
  device.destroy();
  const { snapshot, rows } = await RunFolder.open(folder.path);
  const { step, position } = snapshot.state;
  messages.line(`${message} Resuming from the last checkpoint, step ${step}, on a new device.`);
  const { adapter, info } = await openAdapter(config.adapter.choice, options);
  const fresh = await Device.create(adapter, info.kind, { tuning: config.tuning });
  const run = new Run(fresh, training.run.experiment, dataset, training.run.settings);
  run.restore(snapshot, toUser(folder.path));
  return { options, device: fresh, dataset, config, training: { ...training, run, rows, position } };
}

function header(
  about: Loaded & { presetGiven: boolean; config: RunConfig; info: AdapterInfo; folder: RunFolder },
): string[] {
  const { experiment, settings, samples, input, presetGiven, dataset, config, info, folder } = about;
  const { source, train, validation, test } = config.dataset;
  const recipe = experiment.presets[settings.preset]!;
  const changes = changesToPreset(experiment, settings);
  const of = validation === undefined && train < dataset.train.count ? ` of ${dataset.train.count}` : '';
  const held = validation === undefined ? '' : `, ${validation} held back for validation`;
  const name =
    source === 'procedural' ? `the procedural stand-in, NOT the real ${dataset.id}` : `${dataset.id} (${source})`;
  const size = settings.size === undefined ? '' : `, ${settings.size}x${settings.size} pixels`;
  const usual = presetGiven ? '' : `, the default on ${info.kind}`;
  const origin = info.origin === 'system' ? '' : `, ${info.origin}`;
  return [
    experiment.title,
    `  recipe   ${settings.preset}${usual} (${recipe.description})${changes && `, but ${changes}`}`,
    `  data     ${name}: ${train}${of} training ${samples}${held}, ${test} test ${samples}${size}`,
    ...(input === undefined ? [] : [`  input    ${input}`]),
    `  adapter  ${info.name} (${info.kind}${origin})`,
    `  run      ${toUser(folder.path)}`,
  ];
}

function resumedNotes(began: RunConfig, { trainer, settings }: Run, info: AdapterInfo): string[] {
  const notes = [
    trainer.epochs >= settings.epochs
      ? `The run has already completed its ${settings.epochs} epochs; use --epochs N to train further.`
      : `Resumed after step ${trainer.steps}.`,
  ];
  if (began.adapter.name !== info.name)
    notes.push(`The run was started on ${began.adapter.name}; on this adapter, the last digits may differ.`);
  return notes;
}

/**
 * How long the run will take; and if it is not the report's whole recipe, how long that would take, with the command
 * for it. For the stand-in, the whole recipe is not offered.
 */
function expectations(
  { trainer, settings, experiment, samplesPerEpoch }: Run,
  { dataset, samples }: Loaded,
  command: string,
  speed: number,
): string[] {
  const { report } = experiment.presets;
  const seconds = (
    epochs: number,
    { limit, testLimit }: Pick<RunSettings, 'limit' | 'testLimit'>,
    cost = 1,
  ): string => {
    const count = (samples: Samples, most = samples.count): number => Math.min(most, samples.count);
    const repeats = samplesPerEpoch / count(dataset.train, settings.limit);
    const [train, test] = [repeats * count(dataset.train, limit), count(dataset.test, testLimit)];
    return formatDuration(cost * expectedSeconds(epochs, train, test, speed));
  };
  const lines: string[] = [];
  const left = settings.epochs - trainer.epochs;
  if (left > 0) {
    const epochs =
      left === 1 ? 'the last epoch' : trainer.epochs > 0 ? `the ${left} epochs left` : `the ${left} epochs`;
    lines.push(`About ${seconds(left, settings)} for ${settings.epochs === 1 ? 'the epoch' : epochs}.`);
  }
  const whole = experiment.presets[settings.preset] === report && changesToPreset(experiment, settings) === '';
  if (!whole && dataset.source !== 'procedural') {
    const { epochs, limit = dataset.train.count } = report;
    const size = imageSizeOf(experiment, report);
    // Nearly all work is in convolutions, and proportional to the pixels.
    const relativeCost = size === undefined ? 1 : (size / settings.size!) ** 2;
    lines.push(
      `The report's whole recipe (${epochs} epochs of ${limit} ${samples}) takes about ${seconds(epochs, report, relativeCost)}: ${command}`,
    );
  }
  return lines;
}
