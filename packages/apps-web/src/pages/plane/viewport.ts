import type { Notation } from '../../shell/address.ts';

/** A point of the latent plane. */
export type Point = readonly [number, number];

/** The visible part of the latent plane: z1 increases to the right, z2 upwards. */
export interface Viewport {
  readonly centre: Point;
  /** Width in latent units. */
  readonly span: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const MIN_SPAN = 0.05;
const MAX_SPAN = 400;

/** Position of a point in CSS pixels from the top left of the canvas. */
export function toScreen({ centre, span }: Viewport, { width, height }: Size, [z1, z2]: Point): Point {
  const scale = width / span;
  return [width / 2 + (z1 - centre[0]) * scale, height / 2 - (z2 - centre[1]) * scale];
}

export function toPlane({ centre, span }: Viewport, { width, height }: Size, [x, y]: Point): Point {
  const scale = span / width;
  return [centre[0] + (x - width / 2) * scale, centre[1] - (y - height / 2) * scale];
}

/** Shows `factor` times as much; the point at the screen position `fixed` stays there. */
export function zoomed(view: Viewport, size: Size, factor: number, fixed: Point): Viewport {
  const span = Math.min(MAX_SPAN, Math.max(MIN_SPAN, view.span * factor));
  const before = toPlane(view, size, fixed);
  const after = toPlane({ ...view, span }, size, fixed);
  return { span, centre: [view.centre[0] + before[0] - after[0], view.centre[1] + before[1] - after[1]] };
}

/** Moves the plane by `dx` and `dy` CSS pixels. */
export function panned({ centre, span }: Viewport, { width }: Size, dx: number, dy: number): Viewport {
  const scale = span / width;
  return { span, centre: [centre[0] - dx * scale, centre[1] + dy * scale] };
}

/** Maximum ratio of the map's width to its height (style/plane.css). */
const ASPECT = 5 / 4;

/** The view of nearly all codes, row-major [n, 2]: all except the outermost hundredth on each side. */
export function viewportOf(codes: Float32Array): Viewport {
  const range = (offset: 0 | 1): [number, number] => {
    const sorted = codes.filter((_, i) => i % 2 === offset).sort();
    return [sorted[Math.floor(sorted.length * 0.01)] ?? -3, sorted[Math.floor(sorted.length * 0.99)] ?? 3];
  };
  const [left, right] = range(0);
  const [bottom, top] = range(1);
  return {
    centre: [(left + right) / 2, (bottom + top) / 2],
    span: Math.max(0.1, 1.12 * Math.max(right - left, ASPECT * (top - bottom))),
  };
}

function parsePoint(text: string): Point | undefined {
  const numbers = text.split(',').map(Number);
  return numbers.length === 2 && numbers.every(Number.isFinite) ? [numbers[0]!, numbers[1]!] : undefined;
}

export const formatPoint = ([z1, z2]: Point): string => `${Number(z1.toFixed(3))},${Number(z2.toFixed(3))}`;

function parseViewport(text: string): Viewport | undefined {
  const numbers = text.split(',').map(Number);
  if (numbers.length !== 3 || !numbers.every(Number.isFinite)) return undefined;
  const [z1, z2, span] = numbers as [number, number, number];
  return { centre: [z1, z2], span: Math.min(MAX_SPAN, Math.max(MIN_SPAN, span)) };
}

const formatViewport = ({ centre, span }: Viewport): string => `${formatPoint(centre)},${Number(span.toFixed(3))}`;

/** Points and viewports in the address, rounded to thousandths. */
export const POINT: Notation<Point> = { parse: parsePoint, format: formatPoint };
export const VIEWPORT: Notation<Viewport> = { parse: parseViewport, format: formatViewport };
