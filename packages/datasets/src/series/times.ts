import { isMissing, numberOf } from './dialect.ts';

/** A date, optionally with a time and its zone. */
const ISO = /^(\d{4}[-/]\d{2}[-/]\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** Times as numbers, NaN where missing; undefined if one is not a number. */
export const timesAsNumbers = (times: readonly string[]): readonly number[] | undefined =>
  allOf(times.map((text) => numberOf(text, true)));

/** ISO dates as milliseconds since 1970, NaN where missing; undefined if one is not an ISO date. */
export const timesAsDates = (times: readonly string[]): readonly number[] | undefined =>
  allOf(times.map(millisecondsIn));

/** Whether a date has a time zone. */
export const hasZone = (text: string): boolean => ISO.exec(text)?.[4] !== undefined;

const allOf = (values: readonly (number | undefined)[]): readonly number[] | undefined =>
  values.every((value) => value !== undefined) ? values : undefined;

/** A time without a zone is read as UTC: the machine's own zone may skip an hour. */
function millisecondsIn(text: string): number | undefined {
  if (isMissing(text)) return Number.NaN;
  const parts = ISO.exec(text);
  if (parts === null) return undefined;
  const [, date, clock = '00:00', seconds = '', zone = 'Z'] = parts as unknown as [string, string, ...string[]];
  return Date.parse(`${date.replaceAll('/', '-')}T${clock}${seconds}${zone.length === 3 ? `${zone}:00` : zone}`);
}
