import { DataError } from '../dataset.ts';
import { timesAsDates, timesAsNumbers } from './times.ts';

/** Up to this share of times may go back: clocks are set back, for example at the end of daylight saving time. */
const TOLERATED = 0.01;

/** The columns of a table of instants, by name. */
interface Names {
  readonly time: string;
  readonly id: string | undefined;
}

/**
 * Checks that times ascend, with few exceptions. Does not compare times that are neither all numbers nor all ISO dates.
 *
 * @param rowName the name of a row in errors, with its file
 * @param before the time of the row above the first
 * @throws DataError with the row and both times
 */
export function checkOrder(
  times: readonly string[],
  rowName: (index: number) => string,
  { time, id }: Names,
  before: string | undefined,
): void {
  const all = before === undefined ? times : [before, ...times];
  const instants = timesAsNumbers(all) ?? timesAsDates(all) ?? [];
  const backward = instants.flatMap((own, i) => (own < instants[i - 1]! ? [i] : []));
  if (backward.length <= TOLERATED * instants.length) return;
  const late = backward[0]!;
  const order = (id === undefined ? [time] : [id, time]).map(identifier).join(', ');
  const advice =
    id === undefined ? ' If the rows belong to several series, name the column that identifies them with --id.' : '';
  throw new DataError(
    `${rowName(late - all.length + times.length)}: the time in column ${time} goes back from ${all[late - 1]} to ${all[late]}. Rows must be sorted by time, for example with --query "SELECT * FROM data ORDER BY ${order}".${advice}`,
  );
}

/** A column in SQL, escaped for double quotes in a shell. Columns without a name are numbered, in SQL too. */
const identifier = (name: string): string => (/^\w+$/.test(name) ? name : `\\"${name}\\"`);
