import { toUser } from '../io/paths.ts';
import { UsageError } from '../usage/errors.ts';
import { IMAGE_FLAGS, type ImageFlags } from './images-settings.ts';
import { SERIES_FLAGS, type SeriesFlags } from './series-settings.ts';

/** The options that not all experiments have, by kind of data. */
const FLAGS: Readonly<Record<'series' | 'images' | 'report', readonly string[]>> = {
  series: SERIES_FLAGS,
  images: IMAGE_FLAGS,
  report: ['validation'],
};

/**
 * Checks the options of a command.
 *
 * @param own the kind that this experiment uses; undefined: none
 * @throws UsageError if an option is for another kind
 */
export function checkFlags(experiment: string, options: SeriesFlags & ImageFlags, own?: keyof typeof FLAGS): void {
  const given = options as Readonly<Record<string, unknown>>;
  for (const [kind, flags] of Object.entries(FLAGS)) {
    const flag = flags.find((name) => given[name] !== undefined && !(own && FLAGS[own].includes(name)));
    if (flag !== undefined) throw new UsageError(`--${flag} is only for ${kind}, not for ${experiment}.`);
  }
  const [file] = options.more ?? [];
  if (own !== 'series' && file !== undefined)
    throw new UsageError(`too many arguments: ${toUser(file)}. Only series takes several files.`);
}
