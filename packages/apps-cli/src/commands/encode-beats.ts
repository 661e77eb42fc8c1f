import { BEATS_AT_ONCE, type BeatChunk } from '@hourglass/datasets/node';
import { calibrationOf, type Range, scaled, type TrainedModel } from '@hourglass/experiments';
import { openBeats } from '../io/beats-input.ts';
import { type CodeRow, writeCodes } from '../io/codes-file.ts';
import type { Messages } from '../io/messages.ts';
import { loadData, withTrained } from '../model/open-model.ts';
import { UsageError } from '../usage/errors.ts';
import { type EncodeResult, type EncodeSamplesOptions, SAMPLE_COLUMNS } from './encode-samples.ts';

/**
 * Writes the codes of a file of beats, in its order.
 *
 * @throws UsageError or DataError, naming file and line, for wrong input
 */
export async function encodeBeats(
  id: string,
  options: EncodeSamplesOptions & Required<Pick<EncodeSamplesOptions, 'input'>>,
  messages: Messages,
): Promise<EncodeResult> {
  const { input, out: file, shard } = options;
  if (input.length > 1) throw new UsageError(`encode ${id} reads one file of beats, not ${input.length}.`);
  const chunks = await openBeats(input[0]!, shard, messages);
  return withTrained(
    id,
    options,
    async (found) => calibrationOf(found.fitted) ?? (await loadData(found, options, messages)).range!,
    async ({ trained, weights, adapter }, range) => {
      const { latent } = trained;
      const table = { columns: SAMPLE_COLUMNS, latent, header: !shard?.index };
      const samples = await writeCodes(file, table, rowsOf(trained, chunks, range, messages)).finally(() =>
        messages.clear(),
      );
      return { experiment: id, weights, adapter, file, samples, latent };
    },
  );
}

async function* rowsOf(
  trained: TrainedModel,
  chunks: AsyncIterable<BeatChunk>,
  range: Range,
  messages: Messages,
): AsyncGenerator<readonly CodeRow[]> {
  const { latent } = trained;
  for await (const { first, count, values } of chunks) {
    const codes = await trained.encode(scaled(values, range), { of: BEATS_AT_ONCE });
    yield Array.from({ length: count }, (_, i) => ({
      cells: [`beat-${first + i + 1}`, '', ''],
      code: codes.subarray(i * latent, (i + 1) * latent),
    }));
    messages.transient(`${first + count} beats`);
  }
}
