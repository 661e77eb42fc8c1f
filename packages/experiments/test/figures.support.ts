import { decode } from 'fast-png';
import { expect } from 'vitest';
import type { Image } from '../src/figures/index.ts';
import { PALETTE } from '../src/figures/palette.ts';

/** A picture for each seed, always of the same size, with all 256 levels about equally often. */
export function image(seed: number, width = 5, height = 3, channels: 1 | 3 = 1): Image {
  const data = Float32Array.from({ length: width * height * channels }, (_, i) => ((seed * 37 + i * 11) % 256) / 255);
  return { width, height, channels, data };
}

/** The embedded pictures, decoded, with their position and displayed size. */
export function pictures(svg: string) {
  return [...svg.matchAll(/<image x="(.*?)" y="(.*?)" width="(.*?)" height="(.*?)".*?base64,(.*?)"/g)].map(
    ([, x, y, width, height, png]) => ({
      ...{ x: Number(x), y: Number(y), width: Number(width), height: Number(height) },
      png: decode(Buffer.from(png!, 'base64')),
    }),
  );
}

export const texts = (svg: string) => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!);

/** The original picture of a PNG scaled by `scale`. Checks that all pixels of a square are equal. */
export function unscale(
  png: { width: number; height: number; channels: number; data: ArrayLike<number> },
  scale: number,
) {
  const levels: number[] = [];
  for (let y = 0; y < png.height; y++)
    for (let x = 0; x < png.width; x++)
      for (let c = 0; c < png.channels; c++) {
        const corner = ((y - (y % scale)) * png.width + x - (x % scale)) * png.channels + c;
        const level = png.data[(y * png.width + x) * png.channels + c]!;
        if (level !== png.data[corner]) throw new Error(`Pixel ${x}, ${y} differs from its square's corner.`);
        if (x % scale === 0 && y % scale === 0) levels.push(level);
      }
  return levels;
}

/** Checks that tags nest, attributes are quoted, and `<` and `&` occur only as markup. */
export function expectWellFormed(svg: string) {
  const open: string[] = [];
  const rest = svg.replace(/<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/g, (_, closing, tag, _attributes, empty) => {
    if (closing) expect(open.pop()).toBe(tag);
    else if (!empty) open.push(tag);
    return '';
  });
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  expect(svg).not.toMatch(/&(?!(amp|lt|gt|quot|apos);)/);
  expect(svg).not.toMatch(/[^\n\P{Cc}]|[\p{Cs}\ufffe\uffff]/u); // characters that XML can't represent
}

/** The SVG of each plot, starting after its background. */
export const plots = (svg: string) => svg.split(/<rect width="\d+" height="\d+" fill="#ffffff"\/>\n/).slice(1);

const number = (label: string) => Number(label.replace('−', '-').replaceAll(',', ''));

/** Reads numbers off an axis as the eye does: from the pixels between two ticks and from their labels. */
export function reader(ticks: RegExpMatchArray[], transform = (value: number) => value) {
  expect(ticks.length).toBeGreaterThan(1);
  const ends = [ticks[0]!, ticks.at(-1)!].map(([, at, label]) => [Number(at), transform(number(label!))] as const);
  const [[from, first], [to, last]] = ends as [(typeof ends)[0], (typeof ends)[0]];
  const unit = (to - from) / (last - first);
  return { unit, read: (pixels: number) => first + (pixels - from) / unit };
}
export const xAxis = (plot: string, transform?: (value: number) => number) =>
  reader([...plot.matchAll(/<path d="M([\d.]+),\d+v4"[^>]*>\n<text [^>]*>([^<]*)</g)], transform);
export const yAxis = (plot: string) =>
  reader([...plot.matchAll(/<path d="M0,([\d.]+)H\d+"[^>]*>\n<text [^>]*"end">([^<]*)</g)]);

/** The paths of a plot's data. Only they have a palette colour. */
export const paths = (plot: string) =>
  [...plot.matchAll(/<path [^>]*?\bd="([^"]+)"[^>]*(?:fill|stroke)="(#\w+)"/g)]
    .filter(([, , colour]) => PALETTE.some((other) => other === colour))
    .map(([, d]) => d!);
export const corners = (d: string) =>
  [...d.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);

/** Checks every number to within half a hundredth of a pixel, for both the ticks and the mark. */
export function expectRead(
  pixels: readonly number[],
  axis: ReturnType<typeof reader>,
  values: ArrayLike<number>,
  slack = 0.02,
) {
  expect(pixels).toHaveLength(values.length);
  pixels.forEach((at, i) => {
    expect(Math.abs(axis.read(at) - values[i]!)).toBeLessThan(slack / Math.abs(axis.unit));
  });
}

export const wave = (length: number, phase = 0) =>
  Array.from({ length }, (_, i) => 0.5 + 0.4 * Math.sin(i / 9 + phase));
