import { ECG_ID, parseBeats } from '@hourglass/datasets';
import { calibrate, calibrationOf, scaled } from '@hourglass/experiments';
import { readText, readTextInput } from '../io/input-file.ts';
import type { Messages } from '../io/messages.ts';
import { toUser } from '../io/paths.ts';
import { loadData, type TrainedOptions, withTrained } from '../model/open-model.ts';
import { UsageError } from '../usage/errors.ts';
import { findExperiment, idsOf } from '../usage/find-experiment.ts';

/** The maximum bytes of beats that are read. */
const LARGEST = 128 * 2 ** 20;

/** The experiments about heartbeats. */
export const DETECTORS = idsOf(({ dataset }) => dataset === ECG_ID);

/** The name for standard input. */
export const STANDARD_INPUT = '-';

export interface DetectOptions extends TrainedOptions {
  /** The absolute path of a file, or {@link STANDARD_INPUT}. */
  readonly input: string;
}

/** The output of `detect --json`. */
export interface DetectResult {
  /** Beats with an error above this are abnormal. */
  readonly threshold: number;
  /** In the order of the input. */
  readonly beats: readonly {
    /** The mean absolute error of the scaled beat's reconstruction. */
    readonly error: number;
    readonly abnormal: boolean;
  }[];
}

/**
 * Distinguishes normal heartbeats from abnormal ones. Scale and threshold are those stored with the weights; for
 * weights without them, such as those from Keras, they are computed from the training split of the data.
 *
 * @throws UsageError or DataError, naming file and line, for wrong input
 */
export async function detect(id: string, options: DetectOptions, messages: Messages): Promise<DetectResult> {
  findExperiment(id);
  if (!DETECTORS.includes(id))
    throw new UsageError(
      `detect finds abnormal heartbeats, with the experiment ${DETECTORS.join(' or ')}; it can't be used with ${id}.`,
    );
  const beats = await readBeats(options.input, (notice) => messages.line(notice));
  return withTrained(
    id,
    options,
    async (found) => calibrationOf(found.fitted) ?? loadData(found, options, messages),
    async ({ trained }, loaded) => {
      const calibration = 'threshold' in loaded ? loaded : await calibrate({ trained, data: loaded });
      const errors = await trained.errors(scaled(beats, calibration));
      const { threshold } = calibration;
      const endless = errors.findIndex((error) => !Number.isFinite(error));
      if (endless >= 0)
        throw new UsageError(`Beat ${endless + 1} has values so large that its error is not a finite number.`);
      return { threshold, beats: Array.from(errors, (error) => ({ error, abnormal: error > threshold })) };
    },
  );
}

/** The result as text: one line per beat, and how many are abnormal. */
export function formatDetection({ threshold, beats }: DetectResult): string {
  const abnormal = beats.filter((beat) => beat.abnormal).length;
  const width = String(beats.length).length;
  return [
    ...beats.map(
      ({ error, abnormal }, i) =>
        `beat ${String(i + 1).padStart(width)}  error ${error.toFixed(4)}  ${abnormal ? 'ABNORMAL' : 'normal'}`,
    ),
    `${abnormal} of ${beats.length} ${beats.length === 1 ? 'beat' : 'beats'} abnormal: the error is above ${threshold.toFixed(4)}.`,
    'This is a demonstration, not a medical device.',
  ].join('\n');
}

/** Reads a file of beats. @throws UsageError or DataError, naming file and line, if it can't be read */
export async function readBeats(input: string, notice: (message: string) => void): Promise<Float32Array> {
  if (input !== STANDARD_INPUT) return parseBeats(await readTextInput(input, LARGEST), toUser(input), notice);
  const name = 'standard input';
  return parseBeats(await readText(process.stdin, name, LARGEST), name, notice);
}
