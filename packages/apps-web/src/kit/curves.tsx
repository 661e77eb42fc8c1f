import './language.ts';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { token, useColours } from './colours.ts';

export interface Curve {
  readonly name: string;
  /** A colour token of the stylesheet. */
  readonly colour: string;
  /** Points joined by a line, or marked individually. */
  readonly style: 'line' | 'points';
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

interface CurvesProps {
  readonly curves: readonly Curve[];
  readonly xLabel: string;
  readonly label: string;
  readonly height?: number;
}

/** Live curves over a shared x axis. The y axis is logarithmic, as losses fall by factors. */
export function Curves({ curves, xLabel, label, height = 240 }: CurvesProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const colours = useColours();
  const names = curves.map(({ name }) => name).join();

  // New points don't rebuild the plot
  useEffect(() => {
    const element = place.current!;
    const axis: uPlot.Axis = {
      stroke: token('--text-quiet'),
      font: `12px ${token('--font-text')}`,
      grid: { stroke: token('--line'), width: 1 },
      ticks: { show: false },
    };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false }, y: { distr: 3 } },
        axes: [
          { ...axis, label: xLabel, labelFont: axis.font!, labelSize: 22, size: 28 },
          { ...axis, size: 58, values: (_, splits) => splits.map((value) => (value === null ? '' : compact(value))) },
        ],
        series: [
          {},
          ...curves.map(({ name, colour, style }): uPlot.Series => {
            const stroke = token(colour);
            return style === 'line'
              ? { label: name, stroke, width: 2, spanGaps: true, points: { show: false } }
              : {
                  label: name,
                  stroke,
                  width: 0,
                  spanGaps: true,
                  paths: () => null,
                  points: { show: true, size: 8, fill: token('--surface'), stroke, width: 2 },
                };
          }),
        ],
      },
      dataOf(curves),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [names, colours, height, xLabel]);
  useLayoutEffect(() => {
    plot.current?.setData(dataOf(curves));
  }, [curves]);

  return (
    <div class="curves">
      <ul class="curve-names">
        {curves.map(({ name, colour, style }) => (
          <li key={name}>
            <span class={style} style={{ color: `var(${colour})` }} aria-hidden="true" />
            {name}
          </li>
        ))}
      </ul>
      <div ref={place} role="img" aria-label={label} />
    </div>
  );
}

/** uPlot's columns: all x values, then each curve's y values, null where it has none. */
function dataOf(curves: readonly Curve[]): uPlot.AlignedData {
  const xs = [...new Set(curves.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const columns = curves.map(({ points }) => {
    const ys = new Map(points.map(({ x, y }) => [x, y]));
    return xs.map((x) => ys.get(x) ?? null);
  });
  return [xs, ...columns];
}

const compact = (value: number): string => String(Number(value.toPrecision(2)));
