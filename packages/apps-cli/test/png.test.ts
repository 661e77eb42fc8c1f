import { expect, test } from 'vitest';
import { svgToPng } from '../src/io/png.ts';

const svg = (content: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20" viewBox="0 0 60 20">${content}</svg>`;

/** Width and height from the first chunk of a PNG. */
const size = (png: Uint8Array) => [Buffer.from(png).readUInt32BE(16), Buffer.from(png).readUInt32BE(20)];

test('the scale is the number of PNG pixels per SVG pixel', () => {
  expect(size(svgToPng(svg('')))).toEqual([120, 40]);
  expect(size(svgToPng(svg(''), { scale: 1 }))).toEqual([60, 20]);
});

test('text is drawn in DejaVu Sans, whatever family is requested', () => {
  const text = (family: string) => svgToPng(svg(`<text x="2" y="15" font-family="${family}">Epoch 3</text>`));
  const drawn = text('DejaVu Sans');
  expect(drawn).not.toEqual(svgToPng(svg('')));
  expect(text('No Such Font')).toEqual(drawn);
});

test('the bold face is available', () => {
  const text = (weight: string) => svgToPng(svg(`<text x="2" y="15" font-weight="${weight}">Epoch 3</text>`));
  expect(text('bold')).not.toEqual(text('normal'));
});

test('a broken figure throws', () => {
  expect(() => svgToPng('<svg')).toThrow();
});
