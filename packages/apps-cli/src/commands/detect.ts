import { ECG_ID } from '@hourglass/datasets';
import { BEATS_AT_ONCE, type BeatChunk, type Shard } from '@hourglass/datasets/node';
import { calibrate, calibrationOf, type Judgement, scaled } from '@hourglass/experiments';
import { openBeats } from '../io/beats-input.ts';
import type { Messages } from '../io/messages.ts';
import { writeParts } from '../io/part-file.ts';
import { toUser } from '../io/paths.ts';
import { loadData, type TrainedOptions, withTrained } from '../model/open-model.ts';
import { UsageError } from '../usage/errors.ts';
import { findExperiment, idsOf } from '../usage/find-experiment.ts';
import { isShardDone, shardPath } from '../usage/shard.ts';
import { type Format, VerdictLines } from './verdict-lines.ts';

/** The experiments about heartbeats. */
export const DETECTORS = idsOf(({ dataset }) => dataset === ECG_ID);

export interface DetectOptions extends TrainedOptions {
  /** The absolute path of a file, or `-` for standard input. */
  readonly input: string;
  /** The file for the scores, absolute; if undefined, they go to standard output. */
  readonly scores?: string | undefined;
  /** The format of the scores; default csv. */
  readonly format?: Format | undefined;
  readonly shard?: Shard | undefined;
}

/** The output of `detect --json`. */
export interface DetectResult {
  /** Beats with an error above this are abnormal. */
  readonly threshold: number;
  /** The verdicts on the beats, in the order of the input. Absent with `--scores`. */
  readonly beats?: readonly {
    /** The error of the scaled beat's reconstruction. */
    readonly error: number;
    readonly abnormal: boolean;
  }[];
  /** The file of the scores, absolute, with the number of its beats and of the abnormal ones. */
  readonly scores?: string;
  readonly samples?: number;
  readonly abnormal?: number;
}

/** The output if a shard's file exists. */
export interface SkippedShard {
  readonly experiment: string;
  /** The file, absolute. */
  readonly scores: string;
  readonly skipped: true;
}

/** If the file of a shard's scores exists, tells the user and returns the output; otherwise undefined. */
export function finishedShard(
  experiment: string,
  scores: string | undefined,
  shard: Shard | undefined,
  messages: Messages,
): SkippedShard | undefined {
  if (scores === undefined || !isShardDone(scores, shard)) return undefined;
  messages.line(`${toUser(scores)} exists and is kept. Remove it to compute it again.`);
  return { experiment, scores, skipped: true };
}

/**
 * Distinguishes normal heartbeats from abnormal ones. Scale and threshold are those stored with the weights; for
 * weights without them, such as those from Keras, they are computed from the training split of the data. `write`
 * receives the lines of text, unless the scores go to a file or are returned because of `--json`.
 *
 * @throws UsageError or DataError, naming file and line, for wrong input
 */
export async function detect(
  id: string,
  options: DetectOptions,
  messages: Messages,
  write: (text: string) => Promise<void>,
): Promise<DetectResult | SkippedShard> {
  findExperiment(id);
  if (!DETECTORS.includes(id))
    throw new UsageError(
      `detect finds abnormal heartbeats, with the experiment ${DETECTORS.join(' or ')}; it can't be used with ${id}.`,
    );
  const { shard } = options;
  const scores = options.scores && shardPath(options.scores, shard);
  if (scores === undefined && options.format !== undefined)
    throw new UsageError(`detect ${id} has --format only for the file of --scores.`);
  const finished = finishedShard(id, scores, shard, messages);
  if (finished !== undefined) return finished;
  const chunks = await openBeats(options.input, shard, messages);
  return withTrained(
    id,
    options,
    async (found) => calibrationOf(found.fitted) ?? loadData(found, options, messages),
    async ({ trained }, loaded) => {
      const calibration = 'threshold' in loaded ? loaded : await calibrate({ trained, data: loaded });
      const { threshold } = calibration;
      const judged = judgedBeats(chunks, (values) =>
        trained.errors(scaled(values, calibration), { of: BEATS_AT_ONCE }),
      );
      if (scores !== undefined) {
        const { format = 'csv' } = options;
        const lines = await writeParts(scores, '--scores', async ({ write }) => {
          const lines = new VerdictLines({ threshold, format, several: false, header: !shard?.index, write });
          await lines.begin();
          for await (const own of judged) await lines.add(own);
          return lines;
        });
        return { threshold, scores, samples: lines.count, abnormal: lines.abnormal };
      }
      const beats = [];
      const counted = { all: 0, abnormal: 0 };
      for await (const own of judged) {
        counted.all += own.length;
        counted.abnormal += own.filter(({ score }) => score > threshold).length;
        if (options.json) beats.push(...own.map(({ score }) => ({ error: score, abnormal: score > threshold })));
        else await write(formatBeats(own, threshold));
      }
      if (!options.json) await write(formatSummary(counted, threshold));
      return { threshold, beats };
    },
  );
}

/** The error of each beat. @throws UsageError if an error is not a finite number */
async function* judgedBeats(
  chunks: AsyncIterable<BeatChunk>,
  errorsOf: (values: Float32Array) => Promise<Float32Array>,
): AsyncGenerator<readonly Omit<Judgement, 'file'>[]> {
  for await (const { first, values } of chunks) {
    const errors = await errorsOf(values);
    const endless = errors.findIndex((error) => !Number.isFinite(error));
    if (endless >= 0)
      throw new UsageError(`Beat ${first + endless + 1} has values so large that its error is not a finite number.`);
    yield Array.from(errors, (score, i) => ({ index: first + i, time: first + i, score }));
  }
}

/** A line for each beat. The numbers of beats that are read together have the same width. */
function formatBeats(beats: readonly Omit<Judgement, 'file'>[], threshold: number): string {
  const width = String((beats.at(-1)?.index ?? 0) + 1).length;
  const line = ({ index, score }: Omit<Judgement, 'file'>): string =>
    `beat ${String(index + 1).padStart(width)}  error ${score.toFixed(4)}  ${score > threshold ? 'ABNORMAL' : 'normal'}\n`;
  return beats.map(line).join('');
}

const formatSummary = ({ all, abnormal }: { all: number; abnormal: number }, threshold: number): string =>
  `${abnormal} of ${all} ${all === 1 ? 'beat' : 'beats'} abnormal: the error is above ${threshold.toFixed(4)}.\n` +
  'This is a demonstration, not a medical device.\n';
