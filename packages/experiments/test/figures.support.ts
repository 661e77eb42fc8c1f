import { decode } from 'fast-png';
import { expect } from 'vitest';
import type { Image } from '../src/figures/index.ts';

/** A picture of one size for each seed, with all 256 levels about as often. */
export function image(seed: number, width = 5, height = 3, channels: 1 | 3 = 1): Image {
  const data = Float32Array.from({ length: width * height * channels }, (_, i) => ((seed * 37 + i * 11) % 256) / 255);
  return { width, height, channels, data };
}

/** The embedded pictures, decoded, with the place and size they are shown at. */
export function pictures(svg: string) {
  return [...svg.matchAll(/<image x="(.*?)" y="(.*?)" width="(.*?)" height="(.*?)".*?base64,(.*?)"/g)].map(
    ([, x, y, width, height, png]) => ({
      ...{ x: Number(x), y: Number(y), width: Number(width), height: Number(height) },
      png: decode(Buffer.from(png!, 'base64')),
    }),
  );
}

export const texts = (svg: string) => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!);

/** The picture that a PNG of squares of `scale` x `scale` shows, once every pixel of a square is seen to be the same. */
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

/** Checks that tags nest, attributes are quoted, and `<` and `&` occur as markup alone. */
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
  expect(svg).not.toMatch(/[^\n\P{Cc}]|[\p{Cs}\ufffe\uffff]/u); // what XML can't hold
}
