import { scaleLinear, scaleUtc } from 'd3-scale';
import { type Axis, linearAxis } from './chart.ts';

const TICKS = 9;

/**
 * The horizontal axis of a recording, over the indices of its instants. Ticks show round times if all times are numbers,
 * or all are dates of ISO 8601, in ascending order; otherwise they show the indices.
 *
 * @param length number of instants
 * @param times the time of each instant as written in a file. Dates are in UTC, unless they contain an offset.
 */
export function instantAxis(length: number, times?: readonly string[]): Axis {
  const domain = [0, Math.max(1, length - 1)] as const;
  const numbers = times && length > 1 ? ascending(times.map(asNumber)) : undefined;
  if (numbers) return timeAxis(domain, numbers, scaleLinear([numbers[0]!, numbers.at(-1)!], domain));
  const dates = times && length > 1 ? ascending(times.map(asDate)) : undefined;
  if (dates) return timeAxis(domain, dates, scaleUtc([dates[0]!, dates.at(-1)!], domain));
  return linearAxis('instant', domain, TICKS);
}

interface Ticks<Time> {
  ticks(count: number): Time[];
  tickFormat(count: number): (time: Time) => string;
}

function timeAxis<Time extends number | Date>(
  domain: readonly [number, number],
  times: readonly number[],
  scale: Ticks<Time>,
): Axis {
  const format = scale.tickFormat(TICKS);
  const labels = new Map(scale.ticks(TICKS).map((tick) => [indexOf(Number(tick), times), format(tick)]));
  return {
    label: 'time',
    scale: scaleLinear(domain, [0, 1]),
    ticks: [...labels.keys()],
    format: (tick) => labels.get(tick)!,
  };
}

/** Where a time lies among the instants; between two of them, in proportion. */
function indexOf(time: number, times: readonly number[]): number {
  let [low, high] = [0, times.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= time) low = middle;
    else high = middle;
  }
  return low + (time - times[low]!) / (times[high]! - times[low]!);
}

function ascending(times: readonly number[]): readonly number[] | undefined {
  const isAscending = times.every((time, i) => Number.isFinite(time) && (i === 0 || time > times[i - 1]!));
  return isAscending ? times : undefined;
}

const asNumber = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text));

const ISO_DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** Milliseconds since 1970, or NaN for other texts than ISO dates. */
function asDate(text: string): number {
  const [, day, time = '00:00', offset = 'Z'] = ISO_DATE.exec(text.trim()) ?? [];
  const written = /^[+-]\d\d$/.test(offset) ? `${offset}:00` : offset.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2');
  return Date.parse(`${day}T${time}${written}`);
}
