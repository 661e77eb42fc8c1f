import type { Canvas } from './canvas.ts';
import { drawFabric, lit } from './fabric.ts';
import { arc, band, ellipse, type Point, points, rectangle, rounded, symmetric } from './outline.ts';
import type { Draw } from './random.ts';

// Shoes are seen from the side, with the toe to the left, as in Fashion-MNIST.

export function drawSandal(canvas: Canvas, draw: Draw): void {
  const fabric = drawFabric(draw, 0.1);
  const heel = draw.chance(0.45) ? draw.between(4, 9) : draw.between(0, 1.5); // how far the heel is lifted
  const thick = draw.between(1.2, 2.6);
  const floor = draw.between(21.5, 23.5);
  const heelY = floor - heel;
  const sole = [
    ...arc([-13, floor - 0.3], [-3, floor + 0.6], [1, floor - heel * 0.35]),
    ...arc([1, floor - heel * 0.35], [6, heelY], [12.6, heelY]),
  ];
  const straps = 1 + draw.below(3);
  const width = draw.between(1.1, 2);
  for (let i = 0; i < straps; i++) {
    const x = -9.5 + i * draw.between(3.2, 4.4);
    canvas.fill(
      band(arc([x - 1.5, floor], [x + 0.5, floor - 9 - i], [x + 5, floor - Math.max(0, (heel * (x + 8)) / 14)]), width),
      fabric.paint,
    );
  }
  const ankle = heelY - draw.between(6, 9);
  canvas.fill(band(arc([12.2, heelY], [13.6, heelY - 4], [11.4, ankle]), width + 0.4), fabric.paint);
  canvas.fill(band(arc([11.8, ankle + 0.6], [7.5, ankle + 2.6], [3.4, ankle + 0.4]), width), lit(fabric, 0.85));
  if (draw.chance(0.6)) canvas.fill(band(points(3.6, ankle + 0.6, -4, floor - 4.6), width), lit(fabric, 0.9));
  if (heel > 3)
    canvas.fill(points(9, heelY, 12.9, heelY, 12.6, floor + 1, draw.between(9.4, 11.6), floor + 1), lit(fabric, 0.8));
  canvas.fill(band(sole, thick), lit(fabric, draw.between(0.75, 1.1)));
  canvas.fill(
    band(
      sole.map(([x, y]): Point => [x, y + thick * 0.4]),
      0.7,
    ),
    fabric.contrast,
    0.7,
  );
}

export function drawSneaker(canvas: Canvas, draw: Draw): void {
  const fabric = drawFabric(draw, 0.1);
  const floor = draw.between(19.5, 21.5);
  const top = floor - draw.between(9, 11.5);
  const toe = floor - draw.between(3.4, 4.6);
  const upper: Point[] = [
    [-13.4, floor],
    [-13, toe],
    [-8.5, toe - 0.8],
    [-3, top + 3.4],
    [1.6, top + 0.4],
    [4.4, top + 0.2],
    [7.4, top + 2],
    [10.4, top + 0.2],
    [12.6, top],
    [12.4, top + 5],
    [13.2, floor],
  ];
  canvas.fill(rounded(upper), fabric.paint);
  canvas.fill(band(arc([2.6, top + 0.8], [7, top + 4.2], [11.6, top + 0.6]), 1.1), lit(fabric, 0.55)); // the collar
  for (let i = 0; i < 4; i++) {
    const x = -5.4 + 1.9 * i;
    const y = top + 4.6 - 1.15 * i;
    canvas.fill(band(points(x, y, x + 1.9, y + 1.7), 0.8), fabric.contrast, 0.9); // a lace
  }
  const mark = draw.below(3);
  if (mark === 0)
    canvas.fill(band(arc([-4, floor - 2.6], [2, floor - 1.6], [9.5, top + 3.6]), 1.5), fabric.contrast, 0.9);
  if (mark === 1) {
    for (const x of [-1, 1.6, 4.2])
      canvas.fill(band(points(x, floor - 1.6, x + 2.4, top + 3.8), 1.1), fabric.contrast, 0.9);
  }
  canvas.fill(band(arc([-13, toe + 1], [-9.6, toe + 0.4], [-8.6, floor]), 0.7), lit(fabric, 0.6), 0.8); // the toe cap
  canvas.fill(band(points(9.6, top + 2.6, 10.2, floor - 1), 0.7), lit(fabric, 0.6), 0.8);
  const thick = draw.between(1.6, 2.8);
  canvas.fill(
    rounded(points(-13.9, floor - 0.4, 13.6, floor - 0.4, 13.6, floor + thick, -12.6, floor + thick), 1),
    draw.chance(0.7) ? draw.between(0.75, 1) : fabric.contrast,
  );
}

export function drawAnkleBoot(canvas: Canvas, draw: Draw): void {
  const fabric = drawFabric(draw, 0.1);
  const heel = draw.chance(0.3) ? draw.between(3.5, 5.5) : draw.between(1, 2.6);
  const floor = 26.6 - draw.between(0, 1);
  const sole = floor - heel;
  const front = draw.between(-1.5, 1.5); // the front of the shaft
  const top = draw.between(0.6, 4);
  const toe = floor - draw.between(4.6, 6);
  const outline: Point[] = [
    [-13.4, floor - 0.6],
    [-13, toe],
    [-8.6, toe - 1.4],
    [front - 1.6, sole - 8.5],
    [front, sole - 13],
    [front - 0.4, top],
    [11.6, top - 0.4],
    [11.4, sole - 9],
    [12.8, sole - 3],
    [12.8, sole],
    [6, sole],
    [0, floor - 0.6],
  ];
  canvas.fill(rounded(outline), fabric.paint);
  canvas.fill(
    points(6, sole - 0.8, 12.9, sole - 0.8, 12.7, floor + 0.8, draw.between(6.8, 9), floor + 0.8),
    lit(fabric, 0.6),
  ); // the heel
  canvas.fill(
    band(points(-13.2, floor, -1, floor, 6, sole, 12.8, sole), 1.3),
    draw.chance(0.4) ? fabric.contrast : lit(fabric, 0.55),
  );
  canvas.fill(
    band(points(front, top + 0.6, 11.4, top + 0.2), draw.between(1.2, 2.6)),
    draw.chance(0.3) ? fabric.contrast : lit(fabric, 0.7),
  );
  canvas.fill(band(arc([front - 1, sole - 8], [3, sole - 6], [5.5, sole]), 0.7), lit(fabric, 0.6), 0.8);
  const kind = draw.below(3);
  if (kind === 0) canvas.fill(points(4.4, top + 1.6, 8, top + 1.6, 7, sole - 7, 5.6, sole - 7), lit(fabric, 0.5)); // an elastic side
  if (kind === 1) canvas.fill(band(points(6, top + 1, 6.4, sole - 3), 0.8), fabric.contrast, 0.8); // a zip
  if (kind === 2) {
    for (let y = top + 2.4; y < sole - 6; y += 2.1)
      canvas.fill(band(points(front - 0.2, y + 0.6, front + 3, y), 0.9), fabric.contrast, 0.9); // laces
  }
}

export function drawBag(canvas: Canvas, draw: Draw): void {
  const fabric = drawFabric(draw, 0.25);
  const top = draw.between(9.5, 13);
  const bottom = draw.between(23, 26.5);
  const above = draw.between(8.5, 12.5);
  const below = above + draw.between(-1, 1.4);
  const handle = draw.between(0, 1);
  const grip = draw.between(4.5, 7.5);
  if (handle < 0.8) {
    const lift = draw.between(1.2, 4);
    const spread = handle < 0.25 ? above - 1 : grip; // a shoulder strap, or a handle
    canvas.fill(
      band(arc([-spread, top + 1], [0, 2 * lift - top], [spread, top + 1]), draw.between(0.9, 1.8)),
      lit(fabric, 0.8),
    );
  }
  canvas.fill(
    rounded(symmetric(points(above - 0.6, top, above, top + 1, below, bottom - 1, below - 0.8, bottom)), 1),
    fabric.paint,
  );
  if (draw.chance(0.5)) {
    const flap = top + draw.between(4, 7);
    canvas.fill(symmetric(points(above, top + 0.6, above - 0.4, flap - 1.4, above - 2, flap)), lit(fabric, 1.15));
    canvas.fill(band(points(-above + 2, flap, above - 2, flap), 0.8), lit(fabric, 0.45));
    canvas.fill(ellipse(0, flap, 1.1, 1), fabric.contrast);
  } else {
    canvas.fill(band(points(-above + 0.4, top + 1.6, above - 0.4, top + 1.6), 0.9), lit(fabric, 0.5));
    if (draw.chance(0.5)) canvas.fill(rectangle(-grip, top + 5, grip, bottom - 2.4), lit(fabric, 0.82)); // a pocket
    if (handle < 0.8) canvas.fillBoth(band(points(grip, top, grip, bottom), 0.9), lit(fabric, 0.6), 0.7);
  }
  canvas.fill(band(points(-below + 0.4, bottom - 1, below - 0.4, bottom - 1), 0.8), lit(fabric, 0.6), 0.8);
}
