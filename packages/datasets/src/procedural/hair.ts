import { type Color, type ColorCanvas, shade } from './color-canvas.ts';
import type { Head } from './face.ts';
import { ellipse, mirror, type Point, points, rounded, symmetric } from './outline.ts';
import type { Draw } from './random.ts';

export const HAIR_STYLES = ['bald', 'short', 'parted', 'spiky', 'long', 'bob', 'bun', 'tails', 'curly'] as const;
export type HairStyle = (typeof HAIR_STYLES)[number];

/** Draws the hair behind the head. */
export function drawBackHair(canvas: ColorCanvas, draw: Draw, style: HairStyle, head: Head, color: Color): void {
  const { width, top } = head;
  const back = shade(color, 0.85);
  if (style === 'long' || style === 'bob') {
    const end = style === 'long' ? draw.between(82, 92) : draw.between(66, 74);
    const flare = draw.between(2, 8);
    const half = points(
      width * 0.7,
      top - 5,
      width + 5,
      top + 8,
      width + 5,
      56,
      width + flare + 1,
      end - 4,
      width - 3,
      end,
    );
    canvas.fillInked(rounded(symmetric(half), 2), back);
  }
  if (style === 'bun') canvas.fillInked(rounded(ellipse(0, top - 7, draw.between(6, 9), 6.5), 3), back);
  if (style === 'tails') {
    const tail = rounded(ellipse(width + 9, draw.between(44, 52), draw.between(5.5, 8), 12), 3);
    canvas.fillInked(tail, back);
    canvas.fillInked(mirror(tail), back);
  }
  if (style === 'curly') {
    const curls = 11;
    const radius = draw.between(6, 8.5);
    const low = draw.between(0, 2.2); // how far down it hangs
    for (let i = 0; i < curls; i++) {
      const angle = -Math.PI / 2 + (i / (curls - 1) - 0.5) * (3.2 + low);
      const [x, y] = [(width + 2) * Math.cos(angle), 48 + 22 * Math.sin(angle)];
      canvas.fillInked(rounded(ellipse(x, y, radius, radius), 3), back);
    }
  }
}

/** Draws the hair over the forehead. */
export function drawFrontHair(canvas: ColorCanvas, draw: Draw, style: HairStyle, head: Head, color: Color): void {
  if (style === 'bald') return;
  const { width, top } = head;
  const line = draw.between(38, 41); // the hairline on the forehead
  const crown = top - (style === 'short' ? draw.between(1, 3) : draw.between(3, 6));
  const side = style === 'short' ? 46 : 50;
  if (style === 'spiky') {
    const spikes = 4 + draw.below(3);
    const outline: Point[] = [[-width - 0.6, side]];
    for (let i = 0; i <= spikes; i++) {
      const x = (2 * i - spikes) / spikes;
      outline.push([x * (width + 1.5), top + 6 * x * x - draw.between(5, 13)]);
      if (i < spikes) outline.push([(x + 1 / spikes) * width, top + 3 + 5 * (x + 1 / spikes) ** 2]);
    }
    outline.push([width + 0.6, side], [width * 0.85, line + 2], [0, line - 1], [-width * 0.85, line + 2]);
    canvas.fillInked(outline, color);
    return;
  }
  const part = style === 'parted' || draw.chance(0.4) ? draw.between(-8, 8) : 0;
  const fringe: Point[] =
    part === 0
      ? [
          [width * 0.86, line + 4],
          [width * 0.5, line],
          [-width * 0.5, line],
          [-width * 0.86, line + 4],
        ]
      : [
          [width * 0.9, line + 6],
          [part + 2, line - 6],
          [part - 2, line - 6],
          [-width * 0.9, line + 6],
        ];
  const outline: Point[] = [
    [-width - 1, side],
    [-width - 1.6, top + 9],
    [-width * 0.62, crown],
    [width * 0.62, crown],
    [width + 1.6, top + 9],
    [width + 1, side],
    ...fringe,
  ];
  canvas.fillInked(rounded(outline, 2), color);
  canvas.fill(rounded(points(-9, crown + 5, -2, crown + 2.8, 4, crown + 4, -3, crown + 4.6), 2), [255, 255, 255], 0.35);
}
