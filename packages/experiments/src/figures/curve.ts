import { scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { chart, extent, linearAxis, round } from './chart.ts';
import { checkFinite } from './check.ts';
import { PALETTE } from './palette.ts';

export interface CurveOptions {
  readonly title: string;
  /** In any order; every x is greater than 0. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** Whether the y axis starts at 0, to show proportions; by default it starts below the smallest y. */
  readonly fromZero?: boolean;
}

/**
 * Draws points and the line through them over an axis of powers of two as SVG, for example the MSE by code size.
 *
 * @throws RangeError if there are no points, a number is not finite, or an x is not above 0
 */
export function curve({ title, points, xLabel, yLabel, fromZero = false }: CurveOptions): string {
  if (points.length === 0) throw new RangeError('A curve needs at least one point.');
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const [xs, ys] = [sorted.map(({ x }) => x), sorted.map(({ y }) => y)];
  checkFinite(xLabel, xs);
  checkFinite(yLabel, ys);
  const [least, greatest] = [xs[0]!, xs.at(-1)!];
  if (least <= 0)
    throw new RangeError(`An axis of powers of two needs numbers above 0; found ${least} in the ${xLabel}.`);
  const first = Math.floor(Math.log2(least));
  const last = Math.ceil(Math.log2(greatest));
  const every = Math.max(1, Math.ceil((last - first) / 12));
  const exponents = Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, i) => first + i * every);
  const [low, high] = extent(ys);
  return chart({
    title,
    width: 560,
    rows: [
      [
        {
          x: {
            label: xLabel,
            scale: scaleLog([2 ** (first - 0.25), 2 ** (last + 0.25)], [0, 1]).base(2),
            ticks: exponents.map((exponent) => 2 ** exponent),
            format: String,
          },
          y: linearAxis(yLabel, [fromZero ? 0 : low, high], 6),
          height: 280,
          marks: (toX, toY) => {
            const path = line<number>(toX, (_, i) => toY(ys[i]!));
            return [
              `<path d="${path(xs)}" fill="none" stroke="${PALETTE[0]}" stroke-width="1.5" stroke-linejoin="round"/>`,
              ...sorted.map(
                ({ x, y }) => `<circle cx="${round(toX(x))}" cy="${round(toY(y))}" r="3.5" fill="${PALETTE[0]}"/>`,
              ),
            ];
          },
        },
      ],
    ],
  });
}
