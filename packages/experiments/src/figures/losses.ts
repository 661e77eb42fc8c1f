import { line } from 'd3-shape';
import { chart, extent, linearAxis, type Panel, round } from './chart.ts';
import { styleOf } from './palette.ts';

/** The values of one loss, from epoch 1. */
export interface Series {
  readonly name: string;
  /** A non-finite value leaves a gap. */
  readonly values: ArrayLike<number>;
}

/** One part of a loss, such as the KL divergence of a VAE. */
export interface LossPart {
  readonly yLabel: string;
  /** With the same names and order as the series of the whole loss. */
  readonly series: readonly Series[];
}

export interface LossCurvesOptions extends LossPart {
  readonly title: string;
  /** The parts, drawn smaller, side by side under the whole loss. */
  readonly parts?: readonly LossPart[];
  /** Position of the legend; default `above`. */
  readonly legendSide?: 'above' | 'right';
}

/**
 * Draws losses by epoch as SVG, one curve per series.
 *
 * @throws RangeError if there is no series, one has no values, or a part has different series
 */
export function lossCurves({ title, parts = [], legendSide = 'above', ...whole }: LossCurvesOptions): string {
  const names = whole.series.map(({ name }) => name);
  for (const { yLabel, series } of parts)
    if (series.map(({ name }) => name).join() !== names.join())
      throw new RangeError(
        `The parts of a loss must have its series, ${names.join(', ')}; ${yLabel} has ${series.map(({ name }) => name).join(', ')}.`,
      );
  return chart({
    title,
    width: 640,
    legendSide,
    legend: names.map((label, i) => ({ label, mark: `${drawLine('M-9,0H9', i)}${drawMarker(0, 0, i)}` })),
    rows: [[lossPanel(whole, 280)], parts.map((part) => lossPanel(part, 130))].filter((row) => row.length > 0),
  });
}

function lossPanel({ yLabel, series }: LossPart, height: number): Panel {
  if (series.length === 0) throw new RangeError(`A figure of losses needs at least one series; ${yLabel} has none.`);
  for (const { name, values } of series) {
    if (values.length === 0)
      throw new RangeError(`A curve needs the value of at least one epoch; ${name} (${yLabel}) has none.`);
  }
  const all = series.map(({ values }) => Array.from(values));
  const epochs = Math.max(...all.map((values) => values.length));
  const x = linearAxis('epoch', [0.5, epochs + 0.5], Math.min(epochs, 6));
  return {
    x: { ...x, ticks: x.ticks.filter(Number.isInteger) },
    y: linearAxis(yLabel, extent(all.flat().filter(Number.isFinite)), Math.max(4, height / 45)),
    height,
    marks: (toX, toY) =>
      all.flatMap((values, i) => {
        const curve = line<number>((_, epoch) => toX(epoch + 1), toY).defined(Number.isFinite);
        const d = curve(values) ?? '';
        // Closer markers would merge into one thick line.
        const apart = toX.range()[1]! / epochs >= 10;
        const markers = values.flatMap((value, epoch) =>
          Number.isFinite(value) ? [drawMarker(round(toX(epoch + 1)), round(toY(value)), i)] : [],
        );
        return [drawLine(d, i), ...(apart ? markers : [])];
      }),
  };
}

function drawLine(d: string, series: number): string {
  return `<path d="${d}" fill="none" stroke="${styleOf(series).colour}" stroke-width="1.5" stroke-linejoin="round"/>`;
}

function drawMarker(x: number, y: number, series: number): string {
  const { colour, marker } = styleOf(series);
  return `<path transform="translate(${x} ${y}) scale(1.3)" d="M0,0${marker}" fill="${colour}"/>`;
}
