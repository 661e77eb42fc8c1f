import { chart, linearAxis, round } from './chart.ts';
import { checkFinite } from './check.ts';
import { PALETTE } from './palette.ts';
import { STYLE, svgText, textWidth } from './svg.ts';

export interface ErrorHistogramsOptions {
  /** The figure's title; default: a description of its content. */
  readonly title?: string;
  /** The reconstruction error of each normal beat; `abnormal` contains those of the abnormal ones. */
  readonly normal: ArrayLike<number>;
  readonly abnormal: ArrayLike<number>;
  /** The error above which a beat is classified as abnormal. */
  readonly threshold: number;
  /** Bins between the smallest and the largest error of both groups; default 50. */
  readonly bins?: number;
  /** The name of the error measure; default `mean absolute error`. */
  readonly measure?: string;
  /** The unit that is counted; default beats. */
  readonly unit?: string;
  /** The names of the two groups; default normal and abnormal. A group without a name is left out. */
  readonly groups?: readonly [normal: string, abnormal: string];
}

const THRESHOLD = `stroke="${STYLE.ink}" stroke-width="1.5" stroke-dasharray="2 3" stroke-linecap="round"`;

/**
 * Draws histograms of the reconstruction errors of normal and abnormal beats over the same bins, with the threshold, as
 * SVG.
 *
 * @throws RangeError if a number is not finite, or `bins` is not a whole number of at least 1
 */
export function errorHistograms({
  title = 'Reconstruction error of normal and abnormal beats',
  normal,
  abnormal,
  threshold,
  bins = 50,
  measure = 'mean absolute error',
  unit = 'beats',
  groups: names = ['normal', 'abnormal'],
}: ErrorHistogramsOptions): string {
  if (!Number.isInteger(bins) || bins < 1)
    throw new RangeError(`A histogram needs a whole number of bins, at least 1; found ${bins}.`);
  checkFinite('errors of normal beats', normal);
  checkFinite('errors of abnormal beats', abnormal);
  checkFinite('threshold', [threshold]);
  const [low, high] = span([...Array.from(normal), ...Array.from(abnormal)]);
  const edge = (bin: number) => low + (bin / bins) * (high - low);
  const groups = [
    { label: names[0], errors: normal, colour: PALETTE[0] },
    { label: names[1], errors: abnormal, colour: PALETTE[1] },
  ]
    .filter(({ label }) => label !== '')
    .map((group) => {
      const counts = new Array<number>(bins).fill(0);
      for (const error of Array.from(group.errors)) {
        const bin = Math.min(bins - 1, Math.floor(((error - low) / (high - low)) * bins));
        counts[bin]!++;
      }
      return { ...group, counts, look: `fill="${group.colour}" fill-opacity="0.45" stroke="${group.colour}"` };
    });
  const most = Math.max(1, ...groups.flatMap(({ counts }) => counts));
  const x = linearAxis(`${measure} of the reconstruction`, [Math.min(low, threshold), Math.max(high, threshold)], 9);
  // Leaves space above the highest bar for the threshold's label.
  const y = linearAxis(unit, [0, most * 1.15], 6);

  return chart({
    title,
    width: 640,
    legend: groups.map(({ label, errors, look }) => ({
      label: `${label} (${errors.length})`,
      mark: `<rect x="-9" y="-5" width="18" height="10" ${look}/>`,
    })),
    rows: [
      [
        {
          x,
          y: { ...y, ticks: y.ticks.filter(Number.isInteger) },
          height: 300,
          marks: (toX, toY) => {
            const outline = (counts: number[]) =>
              counts.map((count, bin) => `V${round(toY(count))}H${round(toX(edge(bin + 1)))}`).join('');
            const at = round(toX(threshold));
            const label = `threshold ${Number(threshold.toPrecision(3))}`;
            const before = at > toX.range()[1]! - textWidth(label, STYLE.labelSize) - 8;
            return [
              ...groups
                .filter(({ errors }) => errors.length > 0)
                .map(
                  ({ counts, look }) =>
                    `<path d="M${round(toX(low))},${toY(0)}${outline(counts)}V${toY(0)}Z" stroke-linejoin="round" ${look}/>`,
                ),
              `<path d="M${at},${toY(0)}V0" ${THRESHOLD}/>`,
              svgText(label, {
                ...{ x: before ? at - 8 : at + 8, y: 8 + STYLE.labelSize },
                ...{ size: STYLE.labelSize, fill: STYLE.ink, anchor: before ? 'end' : 'start' },
              }),
            ];
          },
        },
      ],
    ],
  });
}

/** The range of the errors. Never empty, because bins need a width. */
function span(errors: readonly number[]): [number, number] {
  const low = errors.reduce((least, error) => Math.min(least, error), errors[0] ?? 0);
  const high = errors.reduce((greatest, error) => Math.max(greatest, error), low);
  return low < high ? [low, high] : [low, low + (Math.abs(low) || 1) / 10];
}
