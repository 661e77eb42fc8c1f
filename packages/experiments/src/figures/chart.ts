import { type ScaleContinuousNumeric, scaleLinear } from 'd3-scale';
import { STYLE, svgDocument, svgGroup, svgText, textWidth } from './svg.ts';

export type Scale = ScaleContinuousNumeric<number, number>;

/** An axis whose drawn length is not yet known. */
export interface Axis {
  readonly label: string;
  readonly scale: Scale;
  readonly ticks: readonly number[];
  readonly format: (tick: number) => string;
}

/** A plot with its axes; `marks` draws the data through scales in pixels from the plot's top left corner. */
export interface Panel {
  readonly title?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly height: number;
  readonly marks: (x: Scale, y: Scale) => readonly string[];
}

export interface LegendEntry {
  readonly label: string;
  /** SVG around the origin, about 18 pixels wide. */
  readonly mark: string;
}

export interface ChartOptions {
  readonly title: string;
  /** The panels, row by row. The panels in a row share its width. */
  readonly rows: readonly (readonly Panel[])[];
  /** Pixels from the left end of a row's first x axis to the right end of its last. */
  readonly width: number;
  readonly legend?: readonly LegendEntry[];
  /** Position of the legend; default: above, in a line. */
  readonly legendSide?: 'above' | 'right';
}

/** Distances in pixels. */
const GAP = { title: 18, legend: 14, panelTitle: 8, tick: 6, axisLabel: 10, panels: 32, rows: 28, entries: 20 };
const ENTRY = { height: 18, mark: 18, gap: 6 };

/** A linear axis over `domain`, with about `count` ticks at round numbers. */
export function linearAxis(label: string, domain: readonly [number, number], count: number): Axis {
  const scale = scaleLinear(domain, [0, 1]);
  const ticks = scale.ticks(count);
  const largest = Math.max(...domain.map(Math.abs));
  const step = ticks.length > 1 ? ticks[1]! - ticks[0]! : largest;
  const exponents = largest >= 1e6 || (step > 0 && step < 1e-5);
  return { label, scale, ticks, format: scale.tickFormat(count, exponents ? '~e' : undefined) };
}

/** The range of the values, extended by a twentieth on both sides. Never empty; without values, [0, 1]. */
export function extent(values: Iterable<number>): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  const slack = low < high ? (high - low) / 20 : Math.abs(low) / 2 || 0.5;
  return [low - slack, high + slack];
}

/** Draws panels with axes, a title and a legend as SVG. */
export function chart({ title, rows, width, legend = [], legendSide = 'above' }: ChartOptions): string {
  const { margin, labelSize, captionSize, ink } = STYLE;
  const tickWidth = Math.max(...rows.flat().map(({ y }) => widest(y.ticks.map(y.format))));
  const left = labelSize + GAP.axisLabel + tickWidth + GAP.tick;
  const bottom = GAP.tick + labelSize + GAP.axisLabel + labelSize;

  const content: string[] = [];
  let top = margin + captionSize;
  content.push(svgText(title, { x: margin + left, y: top, size: captionSize, fill: ink }));
  top += GAP.title;
  const above = legendSide === 'above';
  const key = drawLegend(legend, above);
  if (above && legend.length > 0) {
    content.push(svgGroup(margin + left, top, key.content));
    top += key.height + GAP.legend;
  }
  if (!above) content.push(svgGroup(margin + left + width + GAP.entries, top, key.content));

  for (const panels of rows) {
    if (panels.some((panel) => panel.title)) top += labelSize + GAP.panelTitle;
    const panelWidth = Math.floor((width - (panels.length - 1) * (GAP.panels + left)) / panels.length);
    panels.forEach((panel, i) => {
      const x = margin + left + i * (panelWidth + GAP.panels + left);
      content.push(svgGroup(x, top, drawPanel(panel, panelWidth, left)));
    });
    top += Math.max(...panels.map(({ height }) => height)) + bottom + GAP.rows;
  }
  const right = Math.max(
    textWidth(title, captionSize),
    above ? key.width : 0,
    width + (above ? 0 : GAP.entries + key.width),
  );
  return svgDocument(margin + left + right + margin, top - GAP.rows + margin, title, content);
}

function drawPanel({ title, x, y, height, marks }: Panel, width: number, left: number): string[] {
  const { labelSize: size, ink, faint, plot, rule } = STYLE;
  const toX = x.scale.copy().range([0, width]);
  const toY = y.scale.copy().range([height, 0]);
  const content = [`<rect width="${width}" height="${height}" fill="${plot}"/>`];
  if (title) content.push(svgText(title, { x: 0, y: -GAP.panelTitle, size, fill: ink }));
  // The middle of digits is a little more than a third of the font size above the baseline.
  for (const tick of y.ticks) {
    const at = round(toY(tick));
    content.push(`<path d="M0,${at}H${width}" stroke="${rule}"/>`);
    content.push(
      svgText(y.format(tick), { x: -GAP.tick, y: round(at + 0.36 * size), size, fill: faint, anchor: 'end' }),
    );
  }
  for (const tick of x.ticks) {
    const at = round(toX(tick));
    content.push(`<path d="M${at},${height}v4" stroke="${faint}"/>`);
    const baseline = height + GAP.tick + size;
    content.push(svgText(x.format(tick), { x: at, y: baseline, size, fill: faint, anchor: 'middle' }));
  }
  content.push(...marks(toX, toY), `<path d="M0,${height}H${width}" stroke="${faint}"/>`);
  const below = height + GAP.tick + size + GAP.axisLabel + size;
  content.push(svgText(x.label, { x: width / 2, y: below, size, fill: ink, anchor: 'middle' }));
  const yLabel = svgText(y.label, { x: 0, y: 0, size, fill: ink, anchor: 'middle' });
  content.push(`<g transform="translate(${size - left} ${height / 2}) rotate(-90)">${yLabel}</g>`);
  return content;
}

/** Draws the entries in one row or in one column. */
function drawLegend(
  entries: readonly LegendEntry[],
  inRow: boolean,
): { content: string[]; width: number; height: number } {
  const { labelSize: size, ink } = STYLE;
  const content: string[] = [];
  let [x, y, width] = [0, 0, 0];
  for (const { label, mark } of entries) {
    const text = svgText(label, {
      x: ENTRY.mark + ENTRY.gap,
      y: round(ENTRY.height / 2 + 0.36 * size),
      size,
      fill: ink,
    });
    content.push(svgGroup(x, y, [svgGroup(ENTRY.mark / 2, ENTRY.height / 2, [mark]), text]));
    const right = x + ENTRY.mark + ENTRY.gap + textWidth(label, size);
    width = Math.max(width, right);
    if (inRow) x = right + GAP.entries;
    else y += ENTRY.height;
  }
  return { content, width, height: inRow ? ENTRY.height : y };
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => textWidth(text, STYLE.labelSize)));
}

/** Rounds to hundredths of a pixel: the difference is invisible. */
export function round(pixels: number): number {
  return Math.round(pixels * 100) / 100;
}
