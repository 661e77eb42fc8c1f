import type { Canvas } from './canvas.ts';
import { drawFabric, type Fabric, lit } from './fabric.ts';
import { arc, band, ellipse, type Point, points, rectangle, rounded, symmetric } from './outline.ts';
import type { Draw } from './random.ts';

const SHADOW = 0.06; // the brightness inside a neck opening or between the two halves of a coat

export function drawTShirt(canvas: Canvas, draw: Draw): void {
  const fabric = drawFabric(draw, 0.3);
  const body = {
    shoulder: draw.between(6.4, 7.6),
    waist: draw.between(6, 7.6),
    hem: draw.between(25, 27.5),
    neck: draw.between(2.8, 4),
  };
  const length = draw.between(8.5, 12);
  drawSleeve(canvas, fabric, body.shoulder, [draw.between(11, 13), length], draw.between(2.8, 3.6));
  drawTorso(canvas, fabric, body);
  drawNeck(canvas, fabric, body.neck, draw.between(3, 6));
  if (draw.chance(0.4)) drawPrint(canvas, draw, fabric.contrast);
}

export function drawPullover(canvas: Canvas, draw: Draw): void {
  const fabric = drawFabric(draw, 0.3);
  const body = {
    shoulder: draw.between(6.2, 7.2),
    waist: draw.between(6, 7.4),
    hem: draw.between(24.5, 27),
    neck: draw.between(2.6, 3.6),
  };
  const cuff: Point = [draw.between(10.4, 12), draw.between(24, 27.5)];
  drawSleeve(canvas, fabric, body.shoulder, cuff, draw.between(2, 2.6));
  drawTorso(canvas, fabric, body);
  const rib = draw.between(0.6, 0.85);
  const [x, y] = cuff;
  canvas.fillBoth(rectangle(x - 1.4, y - 1.7, x + 1.2, y - 0.3), lit(fabric, rib), 0.8);
  canvas.fill(rectangle(-body.waist, body.hem - 2, body.waist, body.hem - 0.2), lit(fabric, rib), 0.8);
  if (draw.chance(0.2)) {
    canvas.fill(rounded(points(-3.4, 3.4, -2.6, 0.6, 2.6, 0.6, 3.4, 3.4, 0, 4.6)), lit(fabric, 0.85)); // a roll neck
  } else {
    drawNeck(canvas, fabric, body.neck, draw.between(2.8, 4));
  }
  if (draw.chance(0.2)) drawPrint(canvas, draw, fabric.contrast);
}

export function drawDress(canvas: Canvas, draw: Draw): void {
  const fabric = drawFabric(draw, 0.4);
  const shoulder = draw.between(3.4, 4.8);
  const waist = draw.between(2.6, 4);
  const waistline = draw.between(9, 13);
  const hem = draw.between(4, 9);
  const bottom = draw.between(25, 28);
  if (draw.chance(0.35)) {
    const cuff: Point = draw.chance(0.5)
      ? [shoulder + 2.6, draw.between(7, 10)]
      : [shoulder + 3.2, draw.between(15, 19)];
    drawSleeve(canvas, fabric, shoulder, cuff, 2.2, 1);
  }
  canvas.fill(
    rounded(
      symmetric([
        [draw.between(1.4, 2.6), 0.6],
        [shoulder, 1],
        [shoulder - 0.3, 5.5],
        [waist, waistline],
        [(waist + hem) / 2 + 0.8, 18],
        [hem, bottom],
        [hem - 1, bottom + 0.3],
      ]),
    ),
    fabric.paint,
  );
  drawNeck(canvas, fabric, draw.between(1.6, 2.6), draw.between(2, 5), 0);
  if (draw.chance(0.5)) canvas.fill(rectangle(-waist, waistline, waist, waistline + 1.3), fabric.contrast, 0.8); // a belt
  for (const fold of [-0.5, 0.1, 0.6]) {
    canvas.fill(band(points(fold * waist, waistline + 2, fold * hem * 1.1, bottom - 0.5), 0.7), lit(fabric, 0.75), 0.6);
  }
}

export function drawCoat(canvas: Canvas, draw: Draw): void {
  const fabric = drawFabric(draw, 0.15);
  const body = {
    shoulder: draw.between(6.4, 7.4),
    waist: draw.between(6.4, 8),
    hem: draw.between(26.5, 28),
    neck: 3.2,
  };
  const cuff: Point = [draw.between(10.6, 12.2), draw.between(23, 26)];
  drawSleeve(canvas, fabric, body.shoulder, cuff, draw.between(2.2, 2.9));
  drawTorso(canvas, fabric, body);
  const closing = draw.between(8, 15); // how far down the lapels reach
  canvas.fill(points(-2.6, 1.6, 2.6, 1.6, 0, closing - 2), SHADOW);
  canvas.fillBoth(points(1.6, 0.8, 3.8, 2, 4.9, 7, 3.2, 7.6, 0.2, closing), lit(fabric, draw.between(1.1, 1.3)));
  canvas.fillBoth(band(points(3.8, 2, 4.9, 7, 3.2, 7.6, 0.2, closing), 0.6), lit(fabric, 0.5), 0.8);
  canvas.fill(band(points(0.2, closing - 1, 0.2, body.hem), draw.between(0.8, 1.5)), SHADOW);
  const pocket = draw.between(17, 19.5);
  canvas.fillBoth(band(points(3.2, pocket, 6.6, pocket - draw.between(0, 1.5)), 0.9), lit(fabric, 0.5), 0.8);
  if (draw.chance(0.35)) canvas.fill(rectangle(-body.waist + 0.4, 14.5, body.waist - 0.4, 16), lit(fabric, 0.6)); // a belt
  const buttons = draw.chance(0.5) ? draw.between(1.6, 2.6) : undefined;
  for (let y = closing + 0.5; buttons !== undefined && y < 23; y += 3.2) {
    canvas.fill(ellipse(buttons, y, 0.6), fabric.contrast);
  }
}

export function drawShirt(canvas: Canvas, draw: Draw): void {
  const fabric = drawFabric(draw, 0.65);
  const body = {
    shoulder: draw.between(6, 7),
    waist: draw.between(5.4, 6.8),
    hem: draw.between(24.5, 26.5),
    neck: 2.6,
  };
  const cuff: Point = draw.chance(0.7)
    ? [draw.between(10, 12), draw.between(21, 24)]
    : [draw.between(11.2, 12.6), draw.between(9.5, 12)];
  drawSleeve(canvas, fabric, body.shoulder, cuff, draw.between(2.1, 2.7));
  drawTorso(canvas, fabric, body);
  canvas.fill(ellipse(0, body.hem + 0.6, body.waist - 1.5, 1.6), fabric.paint); // the tail
  canvas.fill(points(-2, 1.2, 2, 1.2, 0, 5), SHADOW);
  canvas.fillBoth(points(0.1, 5, 2.9, 0.6, 3.9, 2.4, 2.6, 5.6), lit(fabric, 1.15));
  canvas.fillBoth(band(points(0.1, 5, 2.6, 5.6, 3.9, 2.4), 0.6), lit(fabric, 0.5), 0.8);
  canvas.fillBoth(band(points(1, 5, 1, body.hem), 0.5), lit(fabric, 0.55), 0.8);
  for (let y = 7; y < body.hem - 1; y += 3.4) canvas.fill(ellipse(0, y, 0.65), fabric.contrast);
  if (draw.chance(0.5)) canvas.fill(band(points(2.4, 9.5, 5.2, 9.5), 0.6), lit(fabric, 0.5), 0.8);
}

export function drawTrouser(canvas: Canvas, draw: Draw): void {
  const fabric = drawFabric(draw, 0.1);
  const waist = draw.between(3.8, 5);
  const hip = waist + draw.between(0.5, 1.4);
  const spread = draw.between(0.8, 2);
  const ankle = draw.between(2.2, 4.2);
  const crotch = draw.between(8, 10.5);
  const bottom = draw.chance(0.08) ? draw.between(15, 18) : draw.between(26, 28); // shorts are trousers too
  canvas.fill(
    symmetric([
      [waist, 0.4],
      [hip, crotch - 2],
      [spread + ankle, bottom],
      [spread, bottom],
      [0.15, crotch],
    ]),
    fabric.paint,
  );
  canvas.fillBoth(band(points(hip - 2.4, crotch + 1, spread + ankle / 2, bottom), 0.6), lit(fabric, 1.25), 0.6); // the crease
  canvas.fill(rectangle(-waist, 0.3, waist, 1.9), lit(fabric, 0.7), 0.8);
  canvas.fill(band(points(0.2, 2, 0.2, crotch), 0.7), lit(fabric, 0.5), 0.8);
  canvas.fillBoth(band(points(waist - 1.8, 2.2, hip - 0.4, 4.6), 0.6), lit(fabric, 0.5), 0.7);
}

interface Body {
  /** Half widths. */
  readonly shoulder: number;
  readonly waist: number;
  readonly neck: number;
  /** Height of the lower edge. */
  readonly hem: number;
}

function drawTorso(canvas: Canvas, fabric: Fabric, { shoulder, waist, hem, neck }: Body): void {
  const half: Point[] = [
    [neck, 1.4],
    [shoulder, 2.8],
    [shoulder - 0.1, 9],
    [waist, 15],
    [waist + 0.2, hem],
    [waist - 1, hem + 0.2],
  ];
  canvas.fill(rounded(symmetric(half)), fabric.paint);
  canvas.fillBoth(band(points(shoulder - 0.3, 3.6, shoulder - 0.5, 9.5), 0.7), lit(fabric, 0.6), 0.7); // the armhole
}

/** Draws both sleeves, from the shoulder to the middle of the cuff. `width` is half the cuff's width. */
function drawSleeve(canvas: Canvas, fabric: Fabric, shoulder: number, [x, y]: Point, width: number, top = 2.6): void {
  const steep = Math.min(1, (y - top) / 14); // a long sleeve hangs, a short one points outwards
  const elbow: Point = [x - 0.3 - steep * 0.6, top + (y - top) * 0.3];
  const outline: Point[] = [
    [shoulder - 2, top],
    [shoulder + 0.4, top],
    [elbow[0] + steep * width * 0.5, elbow[1] - (1 - steep)],
    [x + width * (0.4 + 0.2 * steep), y - width * 0.6 * (1 - steep)],
    [x - width * (0.6 + 0.2 * steep), y + width * 0.5 * (1 - steep)],
    [shoulder - 1, top + 7.5],
    [shoulder - 2, top + 4],
  ];
  canvas.fillBoth(rounded(outline, 1), lit(fabric, 0.86));
}

function drawNeck(canvas: Canvas, fabric: Fabric, half: number, depth: number, top = 0.8): void {
  const opening = arc([-half, top], [0, 2 * depth - top], [half, top]);
  canvas.fill(opening, SHADOW);
  canvas.fill(band(opening, 1), lit(fabric, 0.72), 0.9);
}

function drawPrint(canvas: Canvas, draw: Draw, brightness: number): void {
  const y = draw.between(10, 14);
  const size = draw.between(2, 4);
  const kind = draw.below(3);
  if (kind === 0) canvas.fill(ellipse(0, y, size), brightness, 0.8);
  if (kind === 1) canvas.fill(rectangle(-size, y - size * 0.8, size, y + size * 0.8), brightness, 0.7);
  if (kind === 2) {
    for (let line = 0; line < 3; line++) {
      const half = draw.between(2, 4.5);
      canvas.fill(band(points(-half, y + 2 * line, half, y + 2 * line), 1), brightness, 0.9);
    }
  }
}
