#!/usr/bin/env node
import { SERIES_ID, SPLITS } from '@hourglass/experiments';
import { hideDriverMessages } from '@hourglass/node';
import { Command, CommanderError, Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { type BenchOptions, bench } from './commands/bench.ts';
import { type ConvertOptions, convert, formatConversion } from './commands/convert.ts';
import { formatDataset, formatListing, formatVerification, getData, listData, verifyData } from './commands/data.ts';
import { DETECTORS, type DetectOptions, detect, formatDetection, STANDARD_INPUT } from './commands/detect.ts';
import { type DetectSeriesOptions, detectSeries, FORMATS } from './commands/detect-series.ts';
import { diagnose, formatDiagnosis } from './commands/doctor.ts';
import { type EvaluateOptions, evaluate, formatEvaluation } from './commands/evaluate.ts';
import { evaluateSeries, formatSeriesEvaluation } from './commands/evaluate-series.ts';
import { FORMATS as EXPORT_FORMATS, type ExportOptions, exportModel, formatExport } from './commands/export.ts';
import { type InterpolateOptions, interpolate } from './commands/interpolate.ts';
import { latent, PLANAR } from './commands/latent.ts';
import { formatPictures, type PictureOptions, type PictureResult } from './commands/pictures.ts';
import { type ReconstructOptions, reconstruct } from './commands/reconstruct.ts';
import { type SampleOptions, sample, VARIATIONAL } from './commands/sample.ts';
import { formatTrainResult, train } from './commands/train.ts';
import { formatTuning, type TuneOptions, tuneExperiments } from './commands/tune.ts';
import { Messages } from './io/messages.ts';
import { figureChoice } from './run/figure-schedule.ts';
import { checkNoSeries } from './run/series-settings.ts';
import type { TrainOptions } from './run/settings.ts';
import { EXIT, explain, systemReason } from './usage/errors.ts';
import { SUBJECT_IDS } from './usage/find-subject.ts';
import {
  addCommonOptions,
  type CommonOptions,
  LARGEST_LATENT,
  list,
  oneOf,
  path,
  positiveNumber,
  wholeNumber,
} from './usage/options.ts';
import { addDetectorOptions, addReadingOptions } from './usage/series-options.ts';

/** Standard output carries the result alone: text, or with `--json` one object. */
function writeResult(options: CommonOptions, object: object, text: string): void {
  process.stdout.write(`${options.json ? JSON.stringify(object) : text}\n`);
}

const messagesFor = (options: CommonOptions): Messages => new Messages(process.stderr, options);

const weightsOption = (): Option =>
  new Option(
    '--weights <path...>',
    'a run folder, a .safetensors, or Keras .keras or .h5 files; encoder and decoder may be two (default: what ships)',
  ).argParser((text, earlier: readonly string[] = []) => [...earlier, path('--weights')(text)]);

const tuneOption = (): Option =>
  new Option(
    '--tune <when>',
    'measure the kernels on a GPU that they were never measured on: on or off (default: on)',
  ).argParser(oneOf('--tune', ['on', 'off'] as const));

function createProgram(): Command {
  const program = new Command('hourglass')
    .description('Trains and runs autoencoders on WebGPU.')
    .version(`hourglass ${manifest.version}`)
    .exitOverride()
    .configureOutput({ outputError: () => {} }) // all errors are told in one place, below
    .hook('preAction', (_, command) => {
      if (command.name() !== 'doctor' && !command.opts<CommonOptions>().debug) hideDriverMessages();
    });

  const training = program
    .command('train')
    .description('train an experiment, or go on with a run')
    .argument('<experiment>', `what to train: ${SUBJECT_IDS.join(', ')}`)
    .option(
      '--preset <name>',
      'the recipe: report, quick, or best where there is one (default: report on a GPU, quick on software)',
    )
    .option('--epochs <n>', 'times through the data; with --resume the total', wholeNumber('--epochs'))
    .option('--batch <n>', 'samples in a step', wholeNumber('--batch'))
    .option('--lr <rate>', 'learning rate', positiveNumber('--lr'))
    .option(
      '--limit <n>',
      'train on n samples only: the first ones; of a folder of images, by the hash of their names',
      wholeNumber('--limit'),
    )
    .option('--latent <n>', 'length of the codes', wholeNumber('--latent', { max: LARGEST_LATENT }))
    .option('--size <pixels>', 'size of the images, for cartoons', wholeNumber('--size'))
    .option('--out <folder>', 'the run folder (default: runs/<experiment>-<local time>)', path('--out'))
    .option('--resume <run>', 'go on with the run in this folder', path('--resume'))
    .option('--keep-epochs', 'keep the checkpoint of every epoch')
    .option(
      '--figures <which>',
      'epochs that are drawn: none, last or every:N (default: what takes a tenth of the time)',
      figureChoice,
    )
    .addOption(tuneOption());
  addDetectorOptions(addReadingOptions(training));
  addCommonOptions(training).action(async (experiment: string, more: readonly string[], options: TrainOptions) => {
    const result = await train(experiment, { ...options, more }, messagesFor(options));
    writeResult(options, result, formatTrainResult(result));
  });

  const evaluation = program
    .command('evaluate')
    .description('measure how well a trained model does')
    .argument('<experiment>', 'what the weights are of')
    .addOption(weightsOption())
    .addOption(
      new Option('--split <name>', 'the samples to judge: test, train or all (default: test)').argParser(
        oneOf('--split', SPLITS),
      ),
    )
    .option('--limit <n>', 'judge n samples of the split only, chosen likewise', wholeNumber('--limit'));
  addReadingOptions(evaluation);
  addCommonOptions(evaluation).action(async (experiment: string, more: readonly string[], options: EvaluateOptions) => {
    if (experiment === SERIES_ID) {
      const result = await evaluateSeries({ ...options, more }, messagesFor(options));
      writeResult(options, result, formatSeriesEvaluation(result));
      return;
    }
    checkNoSeries(experiment, { ...options, more });
    const { result, metrics } = await evaluate(experiment, options, messagesFor(options));
    writeResult(options, { ...result, ...metrics }, formatEvaluation(result, metrics));
  });

  const detection = program
    .command('detect')
    .description('tell abnormal heartbeats, or series of your own, from normal ones')
    .argument('<experiment>', [...DETECTORS, SERIES_ID].join(' or '))
    .requiredOption(
      '--input <file>',
      'ecg: a csv of 140 raw samples a line, without header; series: files like those trained on; - for standard input',
      (text) => (text === STANDARD_INPUT ? text : path('--input')(text)),
    )
    .addOption(weightsOption())
    .option('--format <what>', 'series: lines of csv or jsonl (default: csv)', oneOf('--format', FORMATS))
    .option('--out <folder>', 'series: draw figures into this folder', path('--out'));
  addReadingOptions(detection);
  addCommonOptions(detection).action(
    async (experiment: string, more: readonly string[], options: DetectSeriesOptions) => {
      if (experiment === SERIES_ID) {
        const write = (line: string): void => void process.stdout.write(`${line}\n`);
        const result = await detectSeries({ ...options, more }, messagesFor(options), write);
        if (options.json) writeResult(options, result, '');
        return;
      }
      checkNoSeries(experiment, { ...options, more });
      const result = await detect(experiment, options as DetectOptions, messagesFor(options));
      writeResult(options, result, formatDetection(result));
    },
  );

  const pictures = (command: Command): Command =>
    addCommonOptions(
      command
        .addOption(weightsOption())
        .option(
          '--out <folder>',
          'where the pictures go; those of the same names are replaced (default: figures)',
          path('--out'),
        ),
    );
  const writePictures = (options: CommonOptions, result: PictureResult): void =>
    writeResult(options, result, formatPictures(result));

  pictures(
    program
      .command('reconstruct')
      .description('draw images beside what a model makes of them')
      .argument('<experiment>', 'whose model')
      .option(
        '--input <image...>',
        'PNG files, of any size, gray or in colour (default: the first test images)',
        (text, earlier: readonly string[] = []) => [...earlier, path('--input')(text)],
      ),
  ).action(async (experiment: string, options: ReconstructOptions) =>
    writePictures(options, await reconstruct(experiment, options, messagesFor(options))),
  );
  pictures(
    program
      .command('sample')
      .description('draw images that a variational autoencoder makes of random codes')
      .argument('<experiment>', VARIATIONAL.join(' or '))
      .option('--count <n>', 'how many', wholeNumber('--count', { max: 1000 }), 10),
  ).action(async (experiment: string, options: SampleOptions) =>
    writePictures(options, await sample(experiment, options)),
  );
  const end = (flag: string) => (text: string) => (/^\d+$/.test(text) ? Number(text) : path(flag)(text));
  pictures(
    program
      .command('interpolate')
      .description('draw the way from the code of one image to that of another')
      .argument('<experiment>', 'whose model')
      .requiredOption('--from <image>', 'the number of a test image, from 0 on, or a PNG file', end('--from'))
      .requiredOption('--to <image>', 'likewise', end('--to'))
      .option('--steps <n>', 'images in the row, with both ends', wholeNumber('--steps', { min: 2, max: 100 }), 9),
  ).action(async (experiment: string, options: InterpolateOptions) =>
    writePictures(options, await interpolate(experiment, options, messagesFor(options))),
  );
  pictures(
    program
      .command('latent')
      .description('draw the plane of two latent numbers, and what lies where')
      .argument('<experiment>', PLANAR.join(', ')),
  ).action(async (experiment: string, options: PictureOptions) =>
    writePictures(options, await latent(experiment, options, messagesFor(options))),
  );

  const inputPath = path('<in...>');
  const conversion = program
    .command('convert')
    .description('write the weights in Keras files as safetensors')
    .argument(
      '<in...>',
      'Keras .keras or .h5 files; encoder and decoder may be two',
      (text, earlier: readonly string[] = []) => [...earlier, inputPath(text)],
    )
    .requiredOption('--as <experiment>', 'what the weights are of')
    .requiredOption('--out <file>', 'the .safetensors file to write', path('--out'))
    .option('--encoder', 'write the encoder alone')
    .option('--decoder', 'write the decoder alone');
  addCommonOptions(conversion).action(async (inputs: readonly string[], options: ConvertOptions) => {
    const result = await convert(inputs, options);
    writeResult(options, result, formatConversion(result));
  });

  const exporting = program
    .command('export')
    .description('write a trained model for ONNX Runtime, Keras or PyTorch')
    .argument('<experiment>', `whose model: ${SUBJECT_IDS.join(', ')}`)
    .addOption(weightsOption())
    .addOption(
      new Option('--to <format>', 'onnx, keras or torch')
        .argParser(oneOf('--to', EXPORT_FORMATS))
        .makeOptionMandatory(),
    )
    .requiredOption('--out <folder>', 'where the files go; those of the same names are replaced', path('--out'));
  addCommonOptions(exporting).action(async (experiment: string, options: ExportOptions) => {
    const result = await exportModel(experiment, options, messagesFor(options));
    writeResult(options, result, formatExport(result));
  });

  const doctor = program
    .command('doctor')
    .description('say what was found on this machine, what is missing, and what to do');
  addCommonOptions(doctor).action(async (options: CommonOptions) => {
    const diagnosis = await diagnose(options);
    writeResult(options, diagnosis, formatDiagnosis(diagnosis));
    process.exitCode = diagnosis.ok ? EXIT.done : EXIT.failed;
  });

  const tuning = program
    .command('tune')
    .description('find the fastest kernels for this GPU, and keep them for all later runs')
    .argument('[experiment]', 'whose layers to measure (default: all experiments)')
    .option('--batch <n>', "samples in a step (default: the report's)", wholeNumber('--batch'))
    .option('--size <pixels>', "size of the images, for cartoons (default: the report's)", wholeNumber('--size'));
  addCommonOptions(tuning).action(async (experiment: string | undefined, options: TuneOptions) => {
    const result = await tuneExperiments(experiment, options, messagesFor(options));
    writeResult(options, result, formatTuning(result));
  });

  const benchmark = program
    .command('bench')
    .description('time training steps on this machine, beside other libraries')
    .option('--work <names>', 'what to time, e.g. W1,W4 or fashion,ecg (default: all)', list('--work', String))
    .option('--batch <sizes>', "e.g. 32,128 (default: each work's own)", list('--batch', wholeNumber('--batch')))
    .option('--rounds <n>', 'rounds in which the libraries take turns', wholeNumber('--rounds'), 3)
    .option('--seconds <n>', 'of each round, for each library', positiveNumber('--seconds'), 2)
    .option('--peers <folder>', 'where the other libraries are (default: bench/peers)', path('--peers'))
    .option('--no-peers', 'time Hourglass alone')
    .option('--profile', 'instead: time every kernel')
    .option('--read-back', 'instead: training with the progress line against training without')
    .option('--scaling', 'instead: what a sample costs by batch and by size of images')
    .option('--report <folder>', 'all of these, as tables and figures in a folder', path('--report'))
    .addOption(tuneOption());
  addCommonOptions(benchmark).action(async (options: BenchOptions) => {
    const { result, text } = await bench(options, messagesFor(options));
    writeResult(options, result, text);
  });

  const data = program.command('data').description('list, fetch and verify data sets');
  addCommonOptions(data.command('list').description('the data sets, and where they are')).action(
    async (options: CommonOptions) => {
      const datasets = await listData(options);
      writeResult(options, { datasets }, formatListing(datasets));
    },
  );
  addCommonOptions(data.command('get').description('fetch a data set into the cache').argument('<id>')).action(
    async (id: string, options: CommonOptions) => {
      const dataset = await getData(id, options, messagesFor(options));
      writeResult(options, { dataset }, formatDataset(dataset));
    },
  );
  addCommonOptions(data.command('verify').description('check the files of a data set').argument('<id>')).action(
    async (id: string, options: CommonOptions) => {
      const verification = await verifyData(id, options, messagesFor(options));
      writeResult(options, verification, formatVerification(verification));
      process.exitCode = verification.ok ? EXIT.done : EXIT.failed;
    },
  );
  return program;
}

/**
 * A reader that has gone, as `head` goes, is no fault. A full disk or a closed terminal stops no training either; a result that can't
 * be written makes the exit code say so.
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

/** Tells the user what went wrong, if anything did, and ends with the exit code for it. */
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
