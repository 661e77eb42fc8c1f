import { SERIES_ID } from '@hourglass/experiments';
import { checkCodesFile } from '../io/codes-file.ts';
import type { Messages } from '../io/messages.ts';
import { toUser } from '../io/paths.ts';
import { checkFlags } from '../run/own-flags.ts';
import { checkEncoder } from '../usage/find-experiment.ts';
import { isShardDone, shardPath } from '../usage/shard.ts';
import { DETECTORS } from './detect.ts';
import { encodeBeats } from './encode-beats.ts';
import { type EncodeResult, type EncodeSamplesOptions, encodeSamples } from './encode-samples.ts';
import { type EncodeSeriesOptions, encodeSeries } from './encode-series.ts';

export type EncodeOptions = EncodeSamplesOptions & EncodeSeriesOptions;

/** The output of `encode --json` if a shard's file exists. */
export interface SkippedCodes {
  readonly experiment: string;
  /** The file, absolute. */
  readonly file: string;
  readonly skipped: true;
}

/**
 * Writes the codes of images, beats, series or windows, from files or from the data.
 *
 * @throws any error that `explain` handles
 */
export async function encode(
  id: string,
  options: EncodeOptions,
  messages: Messages,
): Promise<EncodeResult | SkippedCodes> {
  checkFlags(id, options, id === SERIES_ID ? 'series' : undefined);
  checkEncoder(id, 'encode');
  await checkCodesFile(options.out);
  const own = { ...options, out: shardPath(options.out, options.shard) };
  if (isShardDone(own.out, own.shard)) return { experiment: id, file: own.out, skipped: true };
  if (id === SERIES_ID) return encodeSeries(own, messages);
  const { input } = own;
  if (input !== undefined && DETECTORS.includes(id)) return encodeBeats(id, { ...own, input }, messages);
  return encodeSamples(id, own, messages);
}

export function formatEncoding(result: EncodeResult | SkippedCodes): string {
  const file = toUser(result.file);
  if ('skipped' in result) return `${file} exists and is kept. Remove it to compute it again.`;
  const { samples, latent } = result;
  return `${file}: ${samples} ${samples === 1 ? 'code' : 'codes'} of ${latent} ${latent === 1 ? 'number' : 'numbers'}`;
}
