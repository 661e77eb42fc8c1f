import { chart, extent, linearAxis, type Panel, round, type Scale } from './chart.ts';
import { checkCount, checkFinite } from './check.ts';
import { instantAxis } from './instant-axis.ts';
import { PALETTE, styleOf } from './palette.ts';
import { STYLE } from './svg.ts';
import { type Thinned, thinned } from './thin.ts';

/** Instants from `start` to before `end`. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

export interface RecordingFigureOptions {
  readonly title: string;
  /** The channels, all for the same instants. */
  readonly channels: readonly { readonly name: string; readonly values: ArrayLike<number> }[];
  /** The score of each instant. */
  readonly scores: ArrayLike<number>;
  /** The time of each instant as written in a file, for the horizontal axis; default: instants are numbered from 0. */
  readonly times?: readonly string[];
  readonly threshold: number;
  /** The stretches labelled abnormal, if any. */
  readonly labelled?: readonly Stretch[];
}

const WIDTH = 900;
/** The maximum number of channels drawn, each in its own panel. */
const MOST_CHANNELS = 6;
const FOUND = `fill="${PALETTE[1]}" fill-opacity="0.25"`;
const LABELLED = `stroke="${PALETTE[2]}" stroke-width="4"`;
const THRESHOLD = `stroke="${STYLE.ink}" stroke-width="1.5" stroke-dasharray="2 3" stroke-linecap="round"`;

/** The stretches whose scores are above a threshold. */
export function stretchesAbove(scores: ArrayLike<number>, threshold: number): Stretch[] {
  const stretches: { start: number; end: number }[] = [];
  for (let t = 0; t < scores.length; t++) {
    if (!(scores[t]! > threshold)) continue;
    const last = stretches.at(-1);
    if (last?.end === t) last.end = t + 1;
    else stretches.push({ start: t, end: t + 1 });
  }
  return stretches;
}

/**
 * Draws a recording above the score of each instant and the threshold as SVG. Stretches above the threshold are shaded,
 * and a bar marks the labelled ones. Draws at most the first six channels.
 *
 * @throws RangeError if there is no channel, a channel or the times are not as long as the scores, or a number is not
 *   finite
 */
export function recordingFigure({
  title,
  channels,
  scores,
  times,
  threshold,
  labelled = [],
}: RecordingFigureOptions): string {
  if (channels.length === 0) throw new RangeError('A figure of a recording needs at least one channel.');
  for (const { name, values } of channels) {
    checkCount('A recording', `values of ${name}`, values.length, 'instants', scores.length);
    checkFinite(name, values);
  }
  if (times) checkCount('A recording', 'times', times.length, 'instants', scores.length);
  checkFinite('scores', scores);
  checkFinite('threshold', [threshold]);
  const x = instantAxis(scores.length, WIDTH, times);
  const found = stretchesAbove(scores, threshold);
  const shade = (toX: Scale, height: number): string[] =>
    found.map(({ start, end }) => {
      const left = Math.max(0, round(toX(start - 0.5)));
      const width = Math.max(1.5, round(toX(end - 0.5)) - left);
      return `<rect x="${left}" y="0" width="${Math.min(width, WIDTH - left)}" height="${height}" ${FOUND}/>`;
    });
  const drawn = channels.slice(0, MOST_CHANNELS);
  const signalHeight = drawn.length === 1 ? 200 : 90;
  const signals = drawn.map(({ name, values }, i): Panel => {
    const lines = thinned(values, 2 * WIDTH);
    return {
      x,
      y: linearAxis(name, extent(bounds(lines)), drawn.length === 1 ? 6 : 3),
      height: signalHeight,
      marks: (toX, toY) => [
        ...shade(toX, signalHeight),
        ...labelled.map(
          ({ start, end }) =>
            `<path d="M${round(toX(start))},3H${Math.max(round(toX(end)), round(toX(start)) + 2)}" ${LABELLED}/>`,
        ),
        curve(lines, toX, toY, styleOf(i === 1 ? 3 : 0).colour),
      ],
    };
  });
  const lines = thinned(scores, 2 * WIDTH);
  const height = 140;
  const score: Panel = {
    x,
    y: linearAxis('score (MAE)', [0, 1.05 * Math.max(threshold, ...lines.map(({ high }) => high))], 5),
    height,
    marks: (toX, toY) => [
      ...shade(toX, height),
      curve(lines, toX, toY, PALETTE[1]),
      `<path d="M0,${round(toY(threshold))}H${WIDTH}" ${THRESHOLD}/>`,
    ],
  };
  return chart({
    title,
    width: WIDTH,
    rows: [...signals.map((panel) => [panel]), [score]],
    legend: [
      {
        label: `above the threshold (${found.length} ${found.length === 1 ? 'stretch' : 'stretches'})`,
        mark: `<rect x="-9" y="-5" width="18" height="10" ${FOUND}/>`,
      },
      ...(labelled.length > 0 ? [{ label: 'labelled abnormal', mark: `<path d="M-9,0H9" ${LABELLED}/>` }] : []),
      { label: `threshold ${Number(threshold.toPrecision(3))}`, mark: `<path d="M-9,0H9" ${THRESHOLD}/>` },
    ],
  });
}

const bounds = (lines: readonly Thinned[]): number[] => lines.flatMap(({ low, high }) => [low, high]);

function curve(lines: readonly Thinned[], toX: Scale, toY: Scale, colour: string): string {
  const points = lines.flatMap(({ at, low, high }) => {
    const left = round(toX(at));
    return low === high
      ? [`${left},${round(toY(low))}`]
      : [`${left},${round(toY(low))}`, `${left},${round(toY(high))}`];
  });
  return `<path d="M${points.join('L')}" fill="none" stroke="${colour}" stroke-width="1" stroke-linejoin="round"/>`;
}
