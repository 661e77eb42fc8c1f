import { ECG_ID } from '@hourglass/datasets';
import {
  type Autoencoder,
  calibrate,
  calibrationOf,
  type FittedWeights,
  fitDetector,
  hasEncoder,
  IMAGE_IDS,
  SERIES_ID,
  scoreOf,
} from '@hourglass/experiments';
import { type Detector, kerasFiles, onnxFiles, type TrainedAutoencoder, torchFiles } from '@hourglass/formats';
import manifest from '../../package.json' with { type: 'json' };
import type { Messages } from '../io/messages.ts';
import { OutputFolder } from '../io/output-folder.ts';
import { toUser } from '../io/paths.ts';
import { type FoundModel, findModel, loadData, type TrainedOptions, withTrained } from '../model/open-model.ts';
import { readWeights } from '../model/weights-files.ts';
import { UsageError } from '../usage/errors.ts';
import { checkEncoder, idsOf } from '../usage/find-experiment.ts';
import { findSubject } from '../usage/find-subject.ts';

/** The experiments whose models can be exported. */
export const EXPORTED: readonly string[] = [...idsOf(hasEncoder), ...IMAGE_IDS, SERIES_ID];

export const FORMATS = ['onnx', 'keras', 'torch'] as const;
type Format = (typeof FORMATS)[number];

const WRITERS: Readonly<Record<Format, (model: TrainedAutoencoder) => Promise<Map<string, Uint8Array>>>> = {
  onnx: async (model) => onnxFiles(model),
  keras: kerasFiles,
  torch: async (model) => torchFiles(model),
};

export interface ExportOptions extends TrainedOptions {
  readonly to: Format;
  /** The folder for the files, absolute. */
  readonly out: string;
}

/** The output of `export --json`. */
export interface ExportResult {
  readonly experiment: string;
  readonly to: Format;
  /** The files of the weights, absolute. */
  readonly weights: readonly string[];
  /** The files written, absolute. */
  readonly files: readonly string[];
  /** For a detector: raw numbers become (raw - offset) / unit, and an error above the threshold is abnormal. */
  readonly detector?: Detector;
}

/**
 * Writes a trained model for ONNX, Keras or PyTorch. Files of the same names are replaced.
 *
 * @throws UsageError, FileFormatError or WeightsError for wrong input, OutputError if a file can't be written,
 *   ExportError if the format has no counterpart of a layer; for the weights of a detector without a calibration, such
 *   as Keras's, also the errors of `detect`
 */
export async function exportModel(id: string, options: ExportOptions, messages: Messages): Promise<ExportResult> {
  findSubject(id);
  checkEncoder(id, 'export');
  const { to, out } = options;
  const { title, model, tensors, detector, weights } = await (id === SERIES_ID
    ? trainedSeries(options)
    : trainedExperiment(id, options, messages));
  const folder = new OutputFolder(out, '--out');
  const { version } = manifest;
  const files = await WRITERS[to]({ experiment: id, title, version, ...model, tensors, detector });
  for (const [name, bytes] of files) await folder.add(name, bytes);
  return { experiment: id, to, weights, files: folder.files, ...(detector && { detector }) };
}

/** The result as text. */
export const formatExport = ({ files }: ExportResult): string => files.map(toUser).join('\n');

interface Trained {
  readonly title: string;
  readonly model: Autoencoder;
  readonly tensors: FittedWeights['tensors'];
  readonly detector?: Detector | undefined;
  readonly weights: readonly string[];
}

async function trainedSeries({ weights }: ExportOptions): Promise<Trained> {
  if (weights === undefined)
    throw new UsageError('The program includes no detector of series. Pass the run of `train series` with --weights.');
  const files = await readWeights(weights, { id: SERIES_ID });
  const { detector, fitted } = fitDetector(files);
  const { scaling, threshold } = detector;
  const title = 'Detector of abnormal series';
  return {
    ...fitted,
    title,
    detector: { ...scaling, threshold, score: scoreOf(fitted) },
    weights: files.map(({ path }) => path),
  };
}

async function trainedExperiment(id: string, options: ExportOptions, messages: Messages): Promise<Trained> {
  const found = await findModel(id, options);
  const { experiment, fitted, weights, dataset } = found;
  const detector = dataset === ECG_ID ? await beatDetector(found, options, messages) : undefined;
  return { ...fitted, title: experiment.title, detector, weights };
}

/** The detector stored with the weights, or else one calibrated on the training split of the data. */
async function beatDetector(found: FoundModel, options: ExportOptions, messages: Messages): Promise<Detector> {
  const { minimum, maximum, threshold } =
    calibrationOf(found.fitted) ??
    (await withTrained(
      found.experiment.id,
      options,
      (own) => loadData(own, options, messages),
      ({ trained }, data) => calibrate({ trained, data }),
    ));
  return { offset: [minimum], unit: [maximum - minimum], threshold, score: scoreOf(found.fitted) };
}
