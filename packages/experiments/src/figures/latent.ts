import { chart, extent, linearAxis, type Scale } from './chart.ts';
import { checkFinite } from './check.ts';
import { PALETTE, styleOf } from './palette.ts';
import { STYLE, svgText, textWidth } from './svg.ts';

export interface LatentScatterOptions {
  /** The figure's title; default: a description of its content. */
  readonly title?: string;
  /** Codes as [n, 2], row by row. */
  readonly points: Float32Array;
  /** The class of each code: an index of `classes`. */
  readonly labels: ArrayLike<number>;
  /** The names of the classes, at most 10. */
  readonly classes: readonly string[];
  /** The names of the axes; default `z1` and `z2`. */
  readonly axes?: readonly [string, string];
}

const LONGER_SIDE = 640;
const SHORTEST_SIDE = 240;

/**
 * Draws codes in the latent plane as SVG, coloured by class, on axes with equal units. Each class also has its own
 * marker, and its name at the median of its codes.
 *
 * @throws RangeError if the numbers of codes and labels differ, a label is not a class, a code is not finite, or there
 *   are too many classes to distinguish
 */
export function latentScatter({
  title = 'Codes of the test set in the latent plane',
  points,
  labels,
  classes,
  axes = ['z1', 'z2'],
}: LatentScatterOptions): string {
  if (points.length !== 2 * labels.length)
    throw new RangeError(
      `A scatter plot of ${labels.length} labels needs ${2 * labels.length} coordinates, two per label; found ${points.length}.`,
    );
  checkFinite('codes', points);
  if (classes.length > PALETTE.length)
    throw new RangeError(`A scatter plot can distinguish at most ${PALETTE.length} classes; found ${classes.length}.`);
  const groups = classes.map((name) => ({ name, codes: [] as (readonly [number, number])[] }));
  Array.from(labels).forEach((label, i) => {
    const group = groups[label];
    if (!group)
      throw new RangeError(`A label must be an index of the ${classes.length} classes; found ${label} at index ${i}.`);
    group.codes.push([points[2 * i]!, points[2 * i + 1]!]);
  });

  const x = extent(points.filter((_, i) => i % 2 === 0));
  const y = extent(points.filter((_, i) => i % 2 === 1));
  const unit = LONGER_SIDE / Math.max(x[1] - x[0], y[1] - y[0]);
  const side = ([low, high]: readonly [number, number]) => Math.round(Math.max(SHORTEST_SIDE, (high - low) * unit));
  const around = ([low, high]: readonly [number, number], pixels: number): [number, number] => {
    const [middle, half] = [(low + high) / 2, pixels / unit / 2];
    return [middle - half, middle + half];
  };
  const [width, height] = [side(x), side(y)];
  return chart({
    title,
    width,
    legend: groups.map(({ name, codes }, i) => ({
      label: `${name} (${codes.length})`,
      mark: `<path transform="scale(2)" d="M0,0${styleOf(i).marker}" fill="${styleOf(i).colour}"/>`,
    })),
    legendSide: 'right',
    rows: [
      [
        {
          x: linearAxis(axes[0], around(x, width), Math.round(width / 70)),
          y: linearAxis(axes[1], around(y, height), Math.round(height / 70)),
          height,
          marks: (toX, toY) => [
            ...groups.flatMap(({ codes }, i) => (codes.length > 0 ? [drawMarkers(codes, i, toX, toY)] : [])),
            ...(groups.length > 1 ? drawNames(groups, toX, toY) : []),
          ],
        },
      ],
    ],
  });
}

/**
 * One path for a whole class, rounded to a tenth of a pixel: ten thousand elements would be large and slow to display.
 */
function drawMarkers(codes: readonly (readonly [number, number])[], index: number, toX: Scale, toY: Scale): string {
  const { colour, marker } = styleOf(index);
  const d = codes.map(([x, y]) => `M${tenth(toX(x))},${tenth(toY(y))}${marker}`).join('');
  return `<path d="${d}" fill="${colour}" fill-opacity="0.65"/>`;
}

interface Name {
  readonly text: string;
  readonly colour: string;
  readonly width: number;
  readonly x: number;
  y: number;
}

const NAME_HEIGHT = 17;

/** Draws the class names on tags at their medians, moved up or down where they would overlap. */
function drawNames(
  groups: readonly { name: string; codes: readonly (readonly [number, number])[] }[],
  toX: Scale,
  toY: Scale,
): string[] {
  const [right, bottom] = [toX.range()[1]!, toY.range()[0]!];
  const names = groups.flatMap(({ name, codes }, i): Name[] => {
    if (codes.length === 0) return [];
    const width = textWidth(name, STYLE.labelSize) + 10;
    const x = clamp(toX(median(codes.map(([z1]) => z1))), width / 2, right - width / 2);
    return [{ text: name, colour: styleOf(i).colour, width, x, y: toY(median(codes.map(([, z2]) => z2))) }];
  });
  spread(names, bottom);
  return names.flatMap(({ text, colour, width, x, y }) => [
    `<rect x="${tenth(x - width / 2)}" y="${tenth(y - NAME_HEIGHT / 2)}" width="${width}" height="${NAME_HEIGHT}" rx="3" fill="${STYLE.plot}" fill-opacity="0.88" stroke="${colour}" stroke-width="1.5"/>`,
    svgText(text, {
      ...{ x: tenth(x), y: tenth(y + 0.36 * STYLE.labelSize) },
      ...{ size: STYLE.labelSize, fill: STYLE.ink, anchor: 'middle' },
    }),
  ]);
}

/** Pushes overlapping names apart, each by half the overlap, until none overlap or no further progress is possible. */
function spread(names: readonly Name[], bottom: number): void {
  const distance = NAME_HEIGHT + 3;
  for (let round = 0; round < 200; round++) {
    let moved = false;
    for (const a of names)
      for (const b of names) {
        const overlap = distance - (b.y - a.y);
        const beside = Math.abs(a.x - b.x) >= (a.width + b.width) / 2 + 3;
        const ordered = a.y < b.y || (a.y === b.y && names.indexOf(a) < names.indexOf(b));
        if (a === b || beside || !ordered || overlap < 0.01) continue;
        a.y = clamp(a.y - overlap / 2, NAME_HEIGHT / 2, bottom - NAME_HEIGHT / 2);
        b.y = clamp(b.y + overlap / 2, NAME_HEIGHT / 2, bottom - NAME_HEIGHT / 2);
        moved = true;
      }
    if (!moved) return;
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function tenth(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
