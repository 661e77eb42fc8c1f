import { area, line } from 'd3-shape';
import { chart, extent, linearAxis, type Panel } from './chart.ts';
import { checkCount, checkFinite } from './check.ts';
import { PALETTE } from './palette.ts';
import { type Point, pointsOf } from './thin.ts';

/** One channel of a window, and its reconstruction. */
export interface WindowPanel {
  /** The window's name. */
  readonly title: string;
  readonly samples: ArrayLike<number>;
  /** As long as `samples`. */
  readonly reconstruction: ArrayLike<number>;
}

export interface WindowFigureOptions {
  readonly title: string;
  readonly windows: readonly WindowPanel[];
}

const COLUMNS = 2;
/** The most values of a window that are drawn individually: more than two per pixel. */
const MOST_POINTS = 1024;
const SAMPLES = `fill="none" stroke="${PALETTE[0]}" stroke-width="1.5" stroke-linejoin="round"`;
const RECONSTRUCTION = `fill="none" stroke="${PALETTE[1]}" stroke-width="1.5" stroke-dasharray="5 2" stroke-linejoin="round"`;
const DIFFERENCE = `fill="${PALETTE[1]}" fill-opacity="0.25"`;

/**
 * Draws windows of series with their reconstructions as SVG, two per row, each on its own axis, with the area between
 * them filled.
 *
 * @throws RangeError if there is no window, a reconstruction is not as long as its window, or a number is not finite
 */
export function windowFigure({ title, windows }: WindowFigureOptions): string {
  if (windows.length === 0) throw new RangeError('A figure of windows needs at least one window.');
  const panels = windows.map((window): Panel => {
    const { samples, reconstruction } = window;
    checkCount('A window', 'values in its reconstruction', reconstruction.length, 'samples', samples.length);
    checkFinite(`samples of “${window.title}”`, samples);
    checkFinite(`reconstruction of “${window.title}”`, reconstruction);
    const values = pointsOf(samples, MOST_POINTS);
    const rebuilt = pointsOf(reconstruction, MOST_POINTS);
    return {
      title: window.title,
      x: linearAxis('instant in the window', [0, Math.max(1, samples.length - 1)], 6),
      y: linearAxis('value', extent([...values, ...rebuilt].map(({ value }) => value)), 4),
      height: 110,
      marks: (toX, toY) => {
        const x = ({ at }: Point) => toX(at);
        const y = ({ value }: Point) => toY(value);
        const between = area<Point>(x, y, (_, i) => y(rebuilt[i]!));
        const curve = line<Point>(x, y);
        return [
          `<path d="${between(values)}" ${DIFFERENCE}/>`,
          `<path d="${curve(values)}" ${SAMPLES}/>`,
          `<path d="${curve(rebuilt)}" ${RECONSTRUCTION}/>`,
        ];
      },
    };
  });
  const rows = Array.from({ length: Math.ceil(panels.length / COLUMNS) }, (_, i) =>
    panels.slice(i * COLUMNS, (i + 1) * COLUMNS),
  );
  return chart({
    title,
    rows,
    width: panels.length === 1 ? 420 : 900,
    legend: [
      { label: 'series', mark: `<path d="M-9,0H9" ${SAMPLES}/>` },
      { label: 'reconstruction', mark: `<path d="M-9,0H9" ${RECONSTRUCTION}/>` },
      { label: 'difference', mark: `<rect x="-9" y="-5" width="18" height="10" ${DIFFERENCE}/>` },
    ],
  });
}
