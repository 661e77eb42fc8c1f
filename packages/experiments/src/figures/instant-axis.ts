import { hasZone, timesAsDates, timesAsNumbers } from '@hourglass/datasets';
import { scaleLinear, scaleUtc } from 'd3-scale';
import { type Axis, linearAxis } from './chart.ts';
import { STYLE, textWidth } from './svg.ts';

const TICKS = 9;
/** Pixels between two texts. */
const GAP = 10;

/**
 * The horizontal axis of a recording, over the indices of its instants. Ticks show round times if all times are
 * numbers, or all are ISO 8601 dates, and none goes backwards. Otherwise, or if long gaps leave no room for the ticks,
 * they show the indices.
 *
 * @param length number of instants
 * @param width pixels of the axis
 * @param times the time of each instant as written in a file. The ticks of dates are in UTC, or without an offset if
 *   they have none.
 */
export function instantAxis(length: number, width: number, times: readonly string[] = []): Axis {
  const domain = [0, Math.max(1, length - 1)] as const;
  const numbers = ascending(timesAsNumbers(times));
  const dates = ascending(timesAsDates(times));
  const ticks = numbers ? numberTicks(numbers) : dates ? dateTicks(dates) : [];
  const placed = separate(
    ticks.map(({ time, text }) => ({ at: indexOf(time, (numbers ?? dates)!), text })),
    width,
    domain[1],
  );
  if (placed.length < 3) return linearAxis('instant', domain, TICKS);
  const texts = new Map(placed.map(({ at, text }) => [at, text]));
  return {
    label: dates ? dateLabel(ticks, times) : 'time',
    scale: scaleLinear(domain, [0, 1]),
    ticks: [...texts.keys()],
    format: (tick) => texts.get(tick)!,
  };
}

interface Tick {
  readonly time: number;
  readonly text: string;
}

function numberTicks(times: readonly number[]): Tick[] {
  const scale = scaleLinear([times[0]!, times.at(-1)!], [0, 1]);
  const format = scale.tickFormat(TICKS);
  return scale.ticks(TICKS).map((time) => ({ time, text: format(time) }));
}

/**
 * If all ticks begin a year, a month or a day, their texts are years, months or days. Otherwise they are times of day,
 * with the date at midnight.
 */
function dateTicks(times: readonly number[]): Tick[] {
  const ticks = scaleUtc([times[0]!, times.at(-1)!], [0, 1]).ticks(TICKS);
  const texts = ticks.map((tick) => tick.toISOString()); // 2026-02-27T13:05:00.000Z
  const all = (end: string): boolean => texts.every((text) => text.endsWith(end));
  const day = all('-01-01T00:00:00.000Z') ? 4 : all('-01T00:00:00.000Z') ? 7 : 10;
  const textOf = (text: string): string => {
    if (isMidnight(text)) return text.slice(0, day);
    if (!text.endsWith('.000Z')) return text.slice(11, 23);
    return text.endsWith(':00.000Z') ? text.slice(11, 16) : text.slice(11, 19);
  };
  return ticks.map((tick, i) => ({ time: tick.getTime(), text: textOf(texts[i]!) }));
}

const isMidnight = (text: string): boolean => text.endsWith('T00:00:00.000Z');

/** Names the day if no tick does, and UTC if the times have offsets. */
function dateLabel(ticks: readonly Tick[], times: readonly string[]): string {
  const days = ticks.map(({ time }) => new Date(time).toISOString());
  const day = days.some(isMidnight) ? '' : ` on ${days[0]!.slice(0, 10)}`;
  return `time${day}${hasZone(times[0]!) ? ' (UTC)' : ''}`;
}

interface Placed {
  /** The index of an instant, or a position between two instants. */
  readonly at: number;
  readonly text: string;
}

/** Leaves out texts that would overlap an earlier one, or extend beyond the right edge of the figure. */
function separate(ticks: readonly Placed[], width: number, last: number): Placed[] {
  const kept: Placed[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const tick of ticks) {
    const [middle, half] = [(width * tick.at) / last, textWidth(tick.text, STYLE.labelSize) / 2];
    if (middle - half < end || middle + half > width + STYLE.margin) continue;
    kept.push(tick);
    end = middle + half + GAP;
  }
  return kept;
}

/** The position of a time among the instants, interpolated between two of them. */
function indexOf(time: number, times: readonly number[]): number {
  let [low, high] = [0, times.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= time) low = middle;
    else high = middle;
  }
  return times[low] === time ? low : low + (time - times[low]!) / (times[high]! - times[low]!);
}

function ascending(times: readonly number[] = []): readonly number[] | undefined {
  const ascends = times.every((time, i) => Number.isFinite(time) && (i === 0 || time >= times[i - 1]!));
  return ascends && times.length > 1 && times[0]! < times.at(-1)! ? times : undefined;
}
