import { styleOf } from '@hourglass/experiments';
import type { TestCodes } from '../../engine/api.ts';
import { token } from '../../kit/colours.ts';
import { type Point, type Size, toScreen, type Viewport } from './viewport.ts';

/** Distance from a handle's centre, in CSS pixels, within which it can be grabbed. */
export const REACH = 22;

/** CSS pixels per unit of the palette's marker paths. */
const MARKER_SCALE = 1.25;

/** Draws the first `count` codes as points, except those of hidden classes. */
export function drawCodes(
  context: CanvasRenderingContext2D,
  view: Viewport,
  size: Size,
  { points, labels }: TestCodes,
  hidden: ReadonlySet<number>,
  count: number,
): void {
  const sprites = new Map<number, HTMLCanvasElement>();
  for (let i = 0; i < Math.min(count, labels.length); i++) {
    const label = labels[i]!;
    if (hidden.has(label)) continue;
    const [x, y] = toScreen(view, size, [points[2 * i]!, points[2 * i + 1]!]);
    if (x < -8 || y < -8 || x > size.width + 8 || y > size.height + 8) continue;
    const sprite = sprites.get(label) ?? markerSprite(label);
    sprites.set(label, sprite);
    context.drawImage(sprite, x - 6, y - 6, 12, 12);
  }
}

/** A marker with a thin outline, drawn once: a path for each of ten thousand points would be slow. */
function markerSprite(label: number): HTMLCanvasElement {
  const ratio = devicePixelRatio;
  const sprite = document.createElement('canvas');
  Object.assign(sprite, { width: 12 * ratio, height: 12 * ratio });
  const context = sprite.getContext('2d')!;
  context.scale(ratio, ratio);
  context.translate(6, 6);
  context.scale(MARKER_SCALE, MARKER_SCALE);
  const path = new Path2D(`M0,0${styleOf(label).marker}`);
  context.lineWidth = 1;
  context.strokeStyle = token('--picture-paper');
  context.stroke(path);
  context.fillStyle = token(`--class-${label}`);
  context.fill(path);
  return sprite;
}

/** Draws circles at one and two standard deviations of the normal distribution, the source of samples. */
export function drawNormal(context: CanvasRenderingContext2D, view: Viewport, size: Size): void {
  const [x, y] = toScreen(view, size, [0, 0]);
  context.fillStyle = token('--accent');
  context.font = `500 11px ${token('--font-text')}`;
  for (const deviations of [1, 2]) {
    const radius = (deviations / view.span) * size.width;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    // On a light band, to stand out among the codes
    context.lineWidth = 4;
    context.strokeStyle = token('--picture-paper');
    context.stroke();
    context.lineWidth = 1.75;
    context.strokeStyle = token('--accent');
    context.setLineDash([4, 4]);
    context.stroke();
    context.setLineDash([]);
    if (radius > 24) haloed(context, `${deviations}σ`, x + Math.SQRT1_2 * radius + 4, y + Math.SQRT1_2 * radius + 10);
  }
}

/** Draws random samples as dots. */
export function drawSamples(context: CanvasRenderingContext2D, view: Viewport, size: Size, codes: Float32Array): void {
  for (let i = 0; i < codes.length; i += 2) {
    const [x, y] = toScreen(view, size, [codes[i]!, codes[i + 1]!]);
    context.beginPath();
    context.arc(x, y, 4.5, 0, 2 * Math.PI);
    context.fillStyle = token('--surface');
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = token('--text');
    context.stroke();
  }
}

/** Draws the line between two points. */
export function drawWay(context: CanvasRenderingContext2D, view: Viewport, size: Size, from: Point, to: Point): void {
  const [a, b] = [toScreen(view, size, from), toScreen(view, size, to)];
  for (const [width, colour] of [
    [5, '--surface'],
    [2, '--text'],
  ] as const) {
    context.lineWidth = width;
    context.strokeStyle = token(colour);
    context.beginPath();
    context.moveTo(...a);
    context.lineTo(...b);
    context.stroke();
  }
}

/** Draws a handle: a disc with a letter, or a ring that leaves its inside visible. */
export function drawHandle(
  context: CanvasRenderingContext2D,
  view: Viewport,
  size: Size,
  at: Point,
  { letter, focused = false }: { letter?: string; focused?: boolean },
): void {
  const [x, y] = toScreen(view, size, at);
  const radius = letter === undefined ? 13 : 10;
  if (focused) {
    context.beginPath();
    context.arc(x, y, radius + 6, 0, 2 * Math.PI);
    context.lineWidth = 2;
    context.strokeStyle = token('--accent');
    context.stroke();
  }
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  if (letter === undefined) {
    context.lineWidth = 7;
    context.strokeStyle = token('--surface');
    context.stroke();
    context.lineWidth = 4;
    context.strokeStyle = token('--accent');
    context.stroke();
    return;
  }
  context.fillStyle = token('--text');
  context.strokeStyle = token('--surface');
  context.lineWidth = 2.5;
  context.stroke();
  context.fill();
  context.fillStyle = token('--surface');
  context.font = `600 12px ${token('--font-text')}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(letter, x, y + 0.5);
  context.textAlign = 'start';
  context.textBaseline = 'alphabetic';
}

function haloed(context: CanvasRenderingContext2D, text: string, x: number, y: number): void {
  context.save();
  context.lineWidth = 4;
  context.lineJoin = 'round';
  context.strokeStyle = token('--picture-paper');
  context.strokeText(text, x, y);
  context.restore();
  context.fillText(text, x, y);
}
