import { type Color, type ColorCanvas, INK, shade } from './color-canvas.ts';
import { drawBackHair, drawFrontHair, HAIR_STYLES } from './hair.ts';
import { arc, band, ellipse, mirror, type Point, points, rounded, symmetric } from './outline.ts';
import type { Draw } from './random.ts';

const WHITE: Color = [255, 255, 255];

const SKINS: readonly Color[] = [
  [252, 220, 200],
  [246, 205, 170],
  [238, 175, 150],
  [228, 180, 130],
  [208, 158, 105],
  [180, 125, 80],
  [130, 90, 68],
  [86, 56, 44],
];
const HAIRS: readonly Color[] = [
  [250, 190, 60],
  [215, 155, 45],
  [238, 112, 40],
  [195, 75, 40],
  [150, 80, 45],
  [88, 50, 30],
  [50, 34, 28],
  [30, 28, 32],
  [215, 215, 218],
  [140, 160, 172],
];
const IRISES: readonly Color[] = [
  [90, 55, 40],
  [45, 30, 28],
  [70, 120, 185],
  [95, 150, 70],
  [120, 135, 140],
];
const FRAMES: readonly Color[] = [INK, [215, 60, 70], [120, 75, 45], [235, 235, 235], [90, 110, 190]];

/** Measurements of a head that its parts share. */
export interface Head {
  /** Half the width at the eyes. */
  readonly width: number;
  /** y of the top without hair. */
  readonly top: number;
  /** y of the chin. */
  readonly chin: number;
  /** Half the width of the chin. */
  readonly jaw: number;
}

/** Draws a random face on an empty canvas: head, hair, eyes, brows, nose, mouth and, in some, a beard and glasses. */
export function drawFace(canvas: ColorCanvas, draw: Draw): void {
  const skin = SKINS[draw.below(SKINS.length)]!;
  const hair = HAIRS[draw.below(HAIRS.length)]!;
  const style = HAIR_STYLES[draw.below(HAIR_STYLES.length)]!;
  const head: Head = {
    width: draw.between(18.5, 21.5),
    top: draw.between(26, 29),
    chin: draw.between(76, 80),
    jaw: draw.between(5, 11),
  };
  drawBackHair(canvas, draw, style, head, hair);
  drawHead(canvas, head, skin);
  drawBeard(canvas, draw, head, draw.chance(0.8) ? hair : shade(hair, 0.75));
  drawMouth(canvas, draw);
  canvas.fill(band(arc([-2.6, 60], [0, 62.4], [2.6, 60]), 0.9), shade(skin, 0.5));
  drawEyes(canvas, draw, IRISES[draw.below(IRISES.length)]!);
  drawFrontHair(canvas, draw, style, head, hair);
  drawBrows(canvas, draw, shade(hair, 0.8));
  drawGlasses(canvas, draw, FRAMES[draw.below(FRAMES.length)]!);
}

function drawHead(canvas: ColorCanvas, { width, top, chin, jaw }: Head, skin: Color): void {
  const ear = rounded(ellipse(width + 0.6, 54, 3.4, 5.2), 3);
  canvas.fillInked(ear, skin);
  canvas.fillInked(mirror(ear), skin);
  const half = points(width * 0.6, top, width, top + 9, width + 0.4, 54, width * 0.86, 66, jaw, chin);
  canvas.fillInked(rounded(symmetric(half), 3), skin);
}

function drawBeard(canvas: ColorCanvas, draw: Draw, { width, chin, jaw }: Head, color: Color): void {
  const kind = draw.below(8); // half of the faces have none
  if (kind === 0) {
    const half = points(width + 0.2, 56, width * 0.93, 66, jaw + 2, chin + draw.between(1, 5));
    const inner: Point[] = [...points(7.5, 73), ...points(9, 66.5), ...points(width * 0.8, 62)];
    canvas.fill(rounded([...symmetric(half), ...mirror(inner).reverse(), ...inner], 2), color);
  }
  if (kind === 0 || kind === 1 || kind === 2) {
    canvas.fill(rounded(symmetric(points(1, 63.2, 7, 65, 8.6, 69, 5, 67.2, 1, 66.2)), 2), color); // a moustache
  }
  if (kind === 1 || kind === 3) {
    canvas.fill(rounded(symmetric(points(4.5, 73.5, 5.5, 76, jaw * 0.5, chin + draw.between(0, 4))), 2), color);
  }
}

function drawMouth(canvas: ColorCanvas, draw: Draw): void {
  const half = draw.between(4.6, 6.4);
  if (draw.chance(0.5)) {
    canvas.fill(band(arc([-half, 68.4], [0, 68.4 + draw.between(2, 5)], [half, 68.4]), 1), INK);
    return;
  }
  const smile = rounded(points(-half, 67.6, half, 67.6, half * 0.6, 71.6, -half * 0.6, 71.6), 2);
  canvas.fillInked(smile, WHITE);
  canvas.fill(rounded(points(-half * 0.5, 70.3, half * 0.5, 70.3, 0, 72), 2), [205, 90, 90]);
}

function drawEyes(canvas: ColorCanvas, draw: Draw, iris: Color): void {
  const height = draw.between(2.4, 3.4);
  canvas.fillBoth(rounded(ellipse(8.6, 51.5, 3.9, height), 3), WHITE);
  canvas.fillBoth(rounded(ellipse(8.6, 51.5, 2.5, 2.6), 3), iris);
  canvas.fillBoth(rounded(ellipse(8.6, 51.5, 1.3, 1.4), 3), INK);
  canvas.fillBoth(rounded(ellipse(9.3, 50.7, 0.6, 0.6), 2), WHITE);
  canvas.fillBoth(band(arc([4.8, 51.6], [8.4, 51 - height - 0.8], [13, 50.6]), draw.between(0.8, 1.3)), INK); // the lid
}

function drawBrows(canvas: ColorCanvas, draw: Draw, color: Color): void {
  const y = draw.between(43.6, 46);
  const tilt = draw.between(-1.4, 1.4);
  canvas.fillBoth(band(arc([4.2, y + tilt], [9, y - 2.6], [13.8, y - tilt + 0.8]), draw.between(1.1, 2.4)), color);
}

function drawGlasses(canvas: ColorCanvas, draw: Draw, frame: Color): void {
  const kind = draw.below(6); // half of the faces have none
  if (kind > 2) return;
  const radius = draw.between(5.6, 6.8);
  const lens =
    kind === 0
      ? rounded(ellipse(8.6, 52, radius, radius), 3)
      : rounded(points(8.6 - radius, 47, 8.6 + radius, 46.6, 7.8 + radius, 56.8, 9 - radius, 56.6), 2);
  const dark = kind === 2 || draw.chance(0.3);
  canvas.fillBoth(lens, dark ? INK : WHITE, dark ? 0.92 : 0.18);
  canvas.fillBoth(band([...lens, lens[0]!], 1.2), frame);
  canvas.fill(band(arc([9 - radius, 51], [0, 48.6], [radius - 9, 51]), 1.2), frame);
  canvas.fillBoth(band(points(8 + radius, 50.4, 20, 50), 1.2), frame);
}
