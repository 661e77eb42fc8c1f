import type { Paint } from './canvas.ts';
import { type Draw, noiseAt } from './random.ts';

/** The material of a garment. */
export interface Fabric {
  readonly paint: Paint;
  /** A flat brightness that stands out from the fabric: prints, soles, buttons. */
  readonly contrast: number;
}

/** The same fabric with more light (above 1) or less. */
export function lit(fabric: Fabric, light: number): Paint {
  return (column, row) => fabric.paint(column, row) * light;
}

/** Draws a fabric: brightness, folds, grain and, with probability `patterned`, a pattern. */
export function drawFabric(draw: Draw, patterned: number): Fabric {
  const base = draw.between(0.35, 1);
  const contrast = base > 0.6 ? base - draw.between(0.3, 0.5) : base + draw.between(0.3, 0.5);
  const pattern = draw.chance(patterned) ? drawPattern(draw) : () => 0;
  const folds = drawFolds(draw);
  const grain = draw.between(0.02, 0.1);
  const { key } = draw;
  const strength = draw.between(0.4, 1);
  return {
    contrast,
    paint: (column, row) =>
      (base + (contrast - base) * strength * pattern(column, row)) *
      (1 + folds(column, row) + grain * (noiseAt(key, column, row) - 0.5)),
  };
}

/** Light and shade of hanging cloth: two slow waves, and less light towards the sides. */
function drawFolds(draw: Draw): Paint {
  const depth = draw.between(0.02, 0.09);
  const [upright, slanted, phase, other] = [
    draw.between(0.5, 1.1),
    draw.between(-0.5, 0.5),
    draw.between(0, 6.3),
    draw.between(0, 6.3),
  ];
  return (column, row) =>
    depth * (Math.sin(upright * column + phase) + Math.sin(0.45 * row + slanted * column + other)) -
    0.0009 * (column - 13.5) ** 2;
}

/** A pattern as a paint from 0 (fabric) to 1 (contrast). */
function drawPattern(draw: Draw): Paint {
  const period = draw.between(2.6, 7);
  const phase = draw.between(0, period);
  const sharp = draw.between(1, 3);
  const wave = (at: number) => Math.min(1, Math.max(0, 0.5 + sharp * Math.sin(((at + phase) * 2 * Math.PI) / period)));
  const kind = draw.between(0, 1);
  if (kind < 0.4) return (_, row) => wave(row);
  if (kind < 0.55) return (column) => wave(column);
  if (kind < 0.75) return (column, row) => (wave(column) + wave(row)) / 2;
  const { key } = draw;
  return (column, row) => (noiseAt(key ^ 1, column >> 1, row >> 1) < 0.3 ? 0.8 : 0);
}
