import type { Shard } from '@hourglass/datasets/node';
import { encodeStream, SERIES_ID } from '@hourglass/experiments';
import { type CodeRow, writeCodes } from '../io/codes-file.ts';
import type { Messages } from '../io/messages.ts';
import { resumed } from '../io/resumed.ts';
import { type OpenDetector, withDetector } from '../model/open-detector.ts';
import type { TrainedOptions } from '../model/open-model.ts';
import { openInput, type SeriesInput } from '../run/series-input.ts';
import type { SeriesFlags } from '../run/series-settings.ts';
import { UsageError } from '../usage/errors.ts';
import type { EncodeResult } from './encode-samples.ts';

export interface EncodeSeriesOptions extends TrainedOptions, SeriesFlags {
  /** The files of series, absolute. */
  readonly input?: readonly string[] | undefined;
  readonly split?: unknown;
  /** The file to write, absolute. */
  readonly out: string;
  readonly shard?: Shard | undefined;
}

/**
 * Writes the codes of series, or of the windows of recordings, in the order of the files.
 *
 * @throws UsageError or DataError, naming file and line, for wrong input
 */
export async function encodeSeries(options: EncodeSeriesOptions, messages: Messages): Promise<EncodeResult> {
  const { input = [], more = [], out: file, shard } = options;
  if (input.length === 0) throw new UsageError('encode series needs files: give them with --input.');
  if (options.split !== undefined)
    throw new UsageError('--split is for data that the program splits; series come from files.');
  return withDetector(
    options,
    (detector) => openInput([...input, ...more], options, detector),
    async (model, source) => {
      const { latent } = model.trained;
      const rows = rowsOf(model, source, messages);
      // The first rows say whether times are words.
      const first = await rows.next();
      const time = first.value?.[0]?.cells.at(-1);
      const columns = [
        ...(source.several ? [{ name: 'file', type: 'words' } as const] : []),
        { name: 'time', type: typeof time === 'string' ? 'words' : 'numbers' } as const,
      ];
      const table = { columns, latent, identified: source.identified, header: !shard?.index };
      const samples = await writeCodes(file, table, resumed(first, rows)).finally(() => messages.clear());
      return { experiment: SERIES_ID, weights: model.weights, adapter: model.adapter, file, samples, latent };
    },
  );
}

async function* rowsOf(
  { trained, detector }: OpenDetector,
  source: SeriesInput,
  messages: Messages,
): AsyncGenerator<readonly CodeRow[]> {
  let count = 0;
  for await (const encodings of encodeStream(trained, source, detector)) {
    yield encodings.map(({ file, time, id, code }) => ({ cells: source.several ? [file, time] : [time], code, id }));
    count += encodings.length;
    messages.transient(`${count} ${detector.layout === 'series' ? 'series' : 'windows'}`);
  }
}
