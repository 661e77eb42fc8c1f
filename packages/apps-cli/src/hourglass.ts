#!/usr/bin/env node
import { DATASET_IDS } from '@hourglass/datasets';
import { SERIES_ID, SPLITS } from '@hourglass/experiments';
import { hideDriverMessages } from '@hourglass/node';
import { Command, CommanderError, Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { type BenchOptions, bench } from './commands/bench.ts';
import { type CompareOptions, compare, formatComparison } from './commands/compare.ts';
import { type ConvertOptions, convert, formatConversion } from './commands/convert.ts';
import { formatDataset, formatListing, formatVerification, getData, listData, verifyData } from './commands/data.ts';
import { DETECTORS, type DetectOptions, detect } from './commands/detect.ts';
import { type DetectSeriesOptions, detectSeries } from './commands/detect-series.ts';
import { diagnose, formatDiagnosis } from './commands/doctor.ts';
import { type EncodeOptions, encode, formatEncoding } from './commands/encode.ts';
import {
  type EvaluateOptions,
  evaluate,
  evaluationAsObject,
  formatEvaluation,
  LEAST_SAMPLES,
} from './commands/evaluate.ts';
import { evaluateSeries, formatSeriesEvaluation } from './commands/evaluate-series.ts';
import {
  FORMATS as EXPORT_FORMATS,
  EXPORTED,
  type ExportOptions,
  exportModel,
  formatExport,
} from './commands/export.ts';
import { type InterpolateOptions, interpolate } from './commands/interpolate.ts';
import { latent } from './commands/latent.ts';
import { formatPictures, type PictureOptions, type PictureResult } from './commands/pictures.ts';
import { type ReconstructOptions, reconstruct } from './commands/reconstruct.ts';
import { formatRuns, listRuns } from './commands/runs.ts';
import { GENERATIVE, MOST_SAMPLES, type SampleOptions, sample } from './commands/sample.ts';
import { formatTrainResult, train } from './commands/train.ts';
import { formatTuning, type TuneOptions, tuneExperiments } from './commands/tune.ts';
import { FORMATS } from './commands/verdict-lines.ts';
import { worker } from './commands/worker.ts';
import { STANDARD_INPUT } from './io/input-file.ts';
import { Messages } from './io/messages.ts';
import { checkFlags } from './run/own-flags.ts';
import type { TrainOptions } from './run/settings.ts';
import { EXIT, explain, systemReason, UsageError } from './usage/errors.ts';
import { PICTURED } from './usage/find-experiment.ts';
import { SUBJECT_IDS } from './usage/find-subject.ts';
import {
  addCommonOptions,
  type CommonOptions,
  list,
  oneOf,
  path,
  positiveNumber,
  tuneOption,
  wholeNumber,
} from './usage/options.ts';
import { addReadingOptions } from './usage/series-options.ts';
import { shardOption } from './usage/shard.ts';
import { addTrainingOptions } from './usage/training-options.ts';

/** Writes the result, and nothing else, to standard output: as text, or with `--json` as one object. */
function writeResult(options: CommonOptions, object: object, text: string): void {
  process.stdout.write(`${options.json ? JSON.stringify(object) : text}\n`);
}

/** Writes to standard output. Resolves when the text has left the program, or nobody reads it any more. */
const writeText = (text: string): Promise<void> =>
  new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });

const messagesFor = (options: CommonOptions): Messages => new Messages(process.stderr, options);

const weightsOption = (): Option =>
  new Option(
    '--weights <path...>',
    'a run folder, a .safetensors file, or Keras .keras or .h5 files; encoder and decoder may be separate (default: the weights that ship with hourglass)',
  ).argParser((text, earlier: readonly string[] = []) => [...earlier, path('--weights')(text)]);

function createProgram(): Command {
  const program = new Command('hourglass')
    .description('Trains and runs autoencoders on WebGPU.')
    .version(`hourglass ${manifest.version}`)
    .exitOverride()
    .configureOutput({ outputError: () => {} }) // all errors are reported in one place, below
    .hook('preAction', (_, command) => {
      if (command.name() !== 'doctor' && !command.opts<CommonOptions>().debug) hideDriverMessages();
    });

  const trainingCommand = (name: string): Command =>
    addCommonOptions(
      addTrainingOptions(program.command(name).argument('<experiment>', `what to train: ${SUBJECT_IDS.join(', ')}`)),
    );
  const training = trainingCommand('train').description('train an experiment, or resume a run');
  training.action(async (experiment: string, more: readonly string[], options: TrainOptions) => {
    const result = await train(experiment, { ...options, more }, messagesFor(options));
    writeResult(options, result, formatTrainResult(result));
  });

  trainingCommand('worker')
    .description('train as one of several processes, driven over standard input and output (docs/scale.md)')
    .action(async (experiment: string, more: readonly string[], options: TrainOptions) => {
      const { stdin: input, stdout: output } = process;
      process.exitCode = await worker(
        experiment,
        { ...options, more },
        { messages: messagesFor(options), input, output },
      );
    });

  const evaluation = program
    .command('evaluate')
    .description('measure how well a trained model performs')
    .argument('<experiment>', 'the experiment that the weights belong to')
    .addOption(weightsOption())
    .addOption(
      new Option('--split <name>', 'the samples to evaluate: test, train or all (default: test)').argParser(
        oneOf('--split', SPLITS),
      ),
    )
    .option('--limit <n>', 'evaluate only n samples of the split, chosen as for train', wholeNumber('--limit'))
    .option(
      '--samples <n>',
      'also generate n images, and compare them with the first n test images by the features of a classifier',
      wholeNumber('--samples', { min: LEAST_SAMPLES }),
    );
  addReadingOptions(evaluation);
  addCommonOptions(evaluation).action(async (experiment: string, more: readonly string[], options: EvaluateOptions) => {
    if (experiment === SERIES_ID) {
      if (options.samples !== undefined)
        throw new UsageError('--samples is for models that generate images, not for series.');
      const result = await evaluateSeries({ ...options, more }, messagesFor(options));
      writeResult(options, result, formatSeriesEvaluation(result));
      return;
    }
    checkFlags(experiment, { ...options, more });
    const evaluated = await evaluate(experiment, options, messagesFor(options));
    writeResult(options, evaluationAsObject(evaluated), formatEvaluation(evaluated));
  });

  const detection = program
    .command('detect')
    .description('find abnormal heartbeats, or abnormal series in your own data')
    .argument('<experiment>', [...DETECTORS, SERIES_ID].join(' or '))
    .requiredOption(
      '--input <file>',
      'ecg: a csv file with 140 raw samples per line, without header; series: files like the training files; - for standard input',
      (text) => (text === STANDARD_INPUT ? text : path('--input')(text)),
    )
    .addOption(weightsOption())
    .option('--format <what>', 'output scores as csv or jsonl (default: csv)', oneOf('--format', FORMATS))
    .option('--out <folder>', 'series: draw figures into this folder', path('--out'))
    .option('--scores <file>', 'write the scores to this file instead of standard output', path('--scores'))
    .addOption(shardOption());
  addReadingOptions(detection);
  addCommonOptions(detection).action(
    async (experiment: string, more: readonly string[], options: DetectSeriesOptions) => {
      if (experiment === SERIES_ID) {
        const result = await detectSeries({ ...options, more }, messagesFor(options), writeText);
        if (options.json) writeResult(options, result, '');
        return;
      }
      checkFlags(experiment, { ...options, more });
      if (options.out !== undefined) throw new UsageError(`--out is only for series, not for ${experiment}.`);
      const result = await detect(experiment, options as DetectOptions, messagesFor(options), writeText);
      if (options.json) writeResult(options, result, '');
    },
  );

  const pictures = (command: Command): Command =>
    addCommonOptions(
      command
        .addOption(weightsOption())
        .option(
          '--out <folder>',
          'the folder for the pictures; existing files with the same names are replaced (default: figures)',
          path('--out'),
        ),
    );
  const writePictures = (options: CommonOptions, result: PictureResult): void =>
    writeResult(options, result, formatPictures(result));

  pictures(
    program
      .command('reconstruct')
      .description('draw images next to their reconstructions')
      .argument('<experiment>', 'the experiment of the model')
      .option(
        '--input <image...>',
        'PNG files of any size, gray or in colour; for a model of your own images, any image format (default: the first test images)',
        (text, earlier: readonly string[] = []) => [...earlier, path('--input')(text)],
      ),
  ).action(async (experiment: string, options: ReconstructOptions) =>
    writePictures(options, await reconstruct(experiment, options, messagesFor(options))),
  );
  pictures(
    program
      .command('sample')
      .description('draw images that a generative model makes from random codes')
      .argument('<experiment>', GENERATIVE.join(', '))
      .option('--count <n>', 'number of images', wholeNumber('--count', { max: MOST_SAMPLES }), 10),
  ).action(async (experiment: string, options: SampleOptions) =>
    writePictures(options, await sample(experiment, options)),
  );
  const end = (flag: string) => (text: string) => (/^\d+$/.test(text) ? Number(text) : path(flag)(text));
  pictures(
    program
      .command('interpolate')
      .description('draw the path from the code of one image to that of another')
      .argument('<experiment>', 'the experiment of the model')
      .requiredOption(
        '--from <image>',
        'the start of the path: the number of a test image, from 0, or an image file; for a GAN without an encoder, the number of a random code, from 0',
        end('--from'),
      )
      .requiredOption('--to <image>', 'the end of the path, given in the same way', end('--to'))
      .option('--steps <n>', 'images in the row, including both ends', wholeNumber('--steps', { min: 2, max: 100 }), 9),
  ).action(async (experiment: string, options: InterpolateOptions) =>
    writePictures(options, await interpolate(experiment, options, messagesFor(options))),
  );
  pictures(
    program
      .command('latent')
      .description('draw the plane of the latent codes, with the test images and decoded images')
      .argument('<experiment>', PICTURED.join(', ')),
  ).action(async (experiment: string, options: PictureOptions) =>
    writePictures(options, await latent(experiment, options, messagesFor(options))),
  );

  const encoding = program
    .command('encode')
    .description('write the codes that a model computes from images, beats or series')
    .argument('<experiment>', 'the experiment of the model')
    .requiredOption('--out <file>', 'a .csv, .npy or .parquet file', path('--out'))
    .option(
      '--input <file...>',
      'images, a file of beats, or files of series (default: all of the data)',
      (text, earlier: readonly string[] = []) => [...earlier, path('--input')(text)],
    )
    .addOption(
      new Option('--split <name>', 'the samples to encode: test, train or all (default: all)').argParser(
        oneOf('--split', SPLITS),
      ),
    )
    .addOption(weightsOption())
    .addOption(shardOption());
  addReadingOptions(encoding);
  addCommonOptions(encoding).action(async (experiment: string, more: readonly string[], options: EncodeOptions) => {
    const result = await encode(experiment, { ...options, more }, messagesFor(options));
    writeResult(options, result, formatEncoding(result));
  });

  const runs = program
    .command('runs')
    .description('list the runs in a folder, the newest first')
    .argument('[folder]', 'the folder of the runs (default: runs)', path('[folder]'));
  addCommonOptions(runs).action(async (folder: string | undefined, options: CommonOptions) => {
    const list = await listRuns(folder);
    writeResult(options, { runs: list }, formatRuns(list));
  });

  const runPath = path('<run...>');
  const comparison = program
    .command('compare')
    .description('draw the losses of runs in one figure, and list the settings in which they differ')
    .argument('<run...>', 'run folders', (text, earlier: readonly string[] = []) => [...earlier, runPath(text)])
    .option('--out <folder>', 'the folder for the figure (default: figures)', path('--out'));
  addCommonOptions(comparison).action(async (paths: readonly string[], options: CommonOptions & CompareOptions) => {
    const compared = await compare(paths, options);
    writeResult(options, compared, formatComparison(compared));
  });

  const inputPath = path('<in...>');
  const conversion = program
    .command('convert')
    .description('convert weights in Keras files to safetensors')
    .argument(
      '<in...>',
      'Keras .keras or .h5 files; encoder and decoder may be separate',
      (text, earlier: readonly string[] = []) => [...earlier, inputPath(text)],
    )
    .requiredOption('--as <experiment>', 'the experiment that the weights belong to')
    .requiredOption('--out <file>', 'the .safetensors file to write', path('--out'))
    .option('--encoder', 'write only the encoder')
    .option('--decoder', 'write only the decoder');
  addCommonOptions(conversion).action(async (inputs: readonly string[], options: ConvertOptions) => {
    const result = await convert(inputs, options);
    writeResult(options, result, formatConversion(result));
  });

  const exporting = program
    .command('export')
    .description('write a trained model for ONNX Runtime, Keras or PyTorch')
    .argument('<experiment>', `the experiment of the model: ${EXPORTED.join(', ')}`)
    .addOption(weightsOption())
    .addOption(
      new Option('--to <format>', 'onnx, keras or torch')
        .argParser(oneOf('--to', EXPORT_FORMATS))
        .makeOptionMandatory(),
    )
    .requiredOption(
      '--out <folder>',
      'the folder for the files; existing files with the same names are replaced',
      path('--out'),
    );
  addCommonOptions(exporting).action(async (experiment: string, options: ExportOptions) => {
    const result = await exportModel(experiment, options, messagesFor(options));
    writeResult(options, result, formatExport(result));
  });

  const doctor = program
    .command('doctor')
    .description('check this machine: what was found, what is missing, and what to do');
  addCommonOptions(doctor).action(async (options: CommonOptions) => {
    const diagnosis = await diagnose(options);
    writeResult(options, diagnosis, formatDiagnosis(diagnosis));
    process.exitCode = diagnosis.ok ? EXIT.done : EXIT.failed;
  });

  const tuning = program
    .command('tune')
    .description('find the fastest kernels for this GPU, and store them for all later runs')
    .argument('[experiment]', 'the experiment whose layers are measured (default: the report’s six)')
    .option('--batch <n>', "samples per step (default: the report's)", wholeNumber('--batch'))
    .option('--size <pixels>', "image size, only for cartoons (default: the report's)", wholeNumber('--size'));
  addCommonOptions(tuning).action(async (experiment: string | undefined, options: TuneOptions) => {
    const result = await tuneExperiments(experiment, options, messagesFor(options));
    writeResult(options, result, formatTuning(result));
  });

  const benchmark = program
    .command('bench')
    .description('time training steps on this machine, and compare with other libraries')
    .option('--work <names>', 'the workloads to time, e.g. W1,W4 or fashion,ecg (default: all)', list('--work', String))
    .option('--batch <sizes>', "e.g. 32,128 (default: each work's own)", list('--batch', wholeNumber('--batch')))
    .option('--rounds <n>', 'number of rounds in which the libraries take turns', wholeNumber('--rounds'), 3)
    .option('--seconds <n>', 'seconds per round and library', positiveNumber('--seconds'), 2)
    .option('--peers <folder>', 'the folder of the other libraries (default: bench/peers)', path('--peers'))
    .option('--no-peers', 'time only Hourglass')
    .option('--profile', 'instead: time every kernel')
    .option('--read-back', 'instead: compare training with and without the progress line')
    .option('--scaling', 'instead: time per sample by batch size and by image size')
    .option('--report <folder>', 'write all these measurements as tables and figures into a folder', path('--report'))
    .addOption(tuneOption());
  addCommonOptions(benchmark).action(async (options: BenchOptions) => {
    const { result, text } = await bench(options, messagesFor(options));
    writeResult(options, result, text);
  });

  const data = program.command('data').description('list, download and verify datasets');
  addCommonOptions(data.command('list').description('list the datasets and where they are')).action(
    async (options: CommonOptions) => {
      const datasets = await listData(options);
      writeResult(options, { datasets }, formatListing(datasets));
    },
  );
  addCommonOptions(
    data.command('get').description('download a dataset into the cache').argument('<id>', DATASET_IDS.join(', ')),
  ).action(async (id: string, options: CommonOptions) => {
    const dataset = await getData(id, options, messagesFor(options));
    writeResult(options, { dataset }, formatDataset(dataset));
  });
  addCommonOptions(
    data.command('verify').description('check the files of a dataset').argument('<id>', DATASET_IDS.join(', ')),
  ).action(async (id: string, options: CommonOptions) => {
    const verification = await verifyData(id, options, messagesFor(options));
    writeResult(options, verification, formatVerification(verification));
    process.exitCode = verification.ok ? EXIT.done : EXIT.failed;
  });
  return program;
}

/**
 * A reader that has closed the pipe, as `head` does, is not an error. A full disk or a closed terminal does not stop
 * training either; the exit code shows whether the result could be written.
 */
function outliveOutputs(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.stderr.write(`hourglass: standard output can't be written: ${systemReason(error)}.\n`);
    process.on('exit', () => {
      process.exitCode ||= EXIT.failed;
    });
  });
}

/** Reports an error to the user, if it is one, and sets the exit code. */
function fail(error: unknown): void {
  const answered =
    error instanceof CommanderError && ['commander.helpDisplayed', 'commander.version'].includes(error.code);
  if (answered) return;
  if (error instanceof CommanderError && error.code === 'commander.help') {
    process.exitCode = EXIT.badInput; // a command is missing; the help has been shown
    return;
  }
  const { message, exitCode } = explain(error);
  const stack = process.argv.includes('--debug') && error instanceof Error ? `${error.stack}\n` : '';
  process.stderr.write(`hourglass: ${message}\n${stack}`);
  process.exitCode = exitCode;
}

outliveOutputs();
await createProgram().parseAsync().catch(fail);
