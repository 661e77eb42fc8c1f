import { deflateSync } from 'node:zlib';
import { plainPng } from '@hourglass/testing/cartoon-files';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { decodePng } from '../src/node/decode-png.ts';

// 3x2 pixels each, written by Pillow 12.3. The values are rint(colour x alpha / 255 + 255 - alpha), computed with
// NumPy.
const PICTURES: [string, string, number[]][] = [
  [
    'RGBA',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAYAAACddGYaAAAAJUlEQVR4nAEaAOX/Af/kIgD02eT/c+tMwgC7llHzzRjsCPak5yTOHw82UgK8tAAAAABJRU5ErkJggg==',
    [255, 255, 255, 243, 189, 6, 139, 189, 124, 190, 155, 89, 253, 248, 254, 254, 242, 252],
  ],
  [
    'grey with alpha',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAQAAAA3fa6RAAAAF0lEQVR4nGO8lH8rmeke461P5xtUzgIAM+YHbYc68KoAAAAASUVORK5CYII=',
    [235, 235, 235, 187, 187, 187, 199, 199, 199, 220, 220, 220, 217, 217, 217, 243, 243, 243],
  ],
  [
    'grey',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4HznGAAAAEElEQVR4nGNYoH+F0f+nBgAMsQMV5rmfdAAAAABJRU5ErkJggg==',
    [160, 160, 160, 47, 47, 47, 212, 212, 212, 79, 79, 79, 72, 72, 72, 112, 112, 112],
  ],
  [
    '1 bit',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACAQAAAAC1D1u3AAAADElEQVR4nGNwYDgAAAGEAQEKf5BQAAAAAElFTkSuQmCC',
    [0, 0, 0, 255, 255, 255, 0, 0, 0, 255, 255, 255, 255, 255, 255, 0, 0, 0],
  ],
  [
    'palette with transparency',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACAgMAAADgGo6JAAAADFBMVEVsRdNBaKSMFQfdwNYPNT7rAAAABHRSTlMAgP//7IBv5QAAAAxJREFUeJxjkGA4AgABEADdEeUPIgAAAABJRU5ErkJggg==',
    [255, 255, 255, 160, 179, 209, 140, 21, 7, 221, 192, 214, 255, 255, 255, 160, 179, 209],
  ],
  [
    'RGB',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAHUlEQVR4nGOcdejw+7ZrBzsXMvhkhnBdfVS8ogwAcxsKst9mTBkAAAAASUVORK5CYII=',
    [154, 194, 195, 137, 72, 153, 74, 209, 58, 76, 105, 84, 10, 213, 226, 115, 168, 118],
  ],
];

test.each(PICTURES)('%s is decoded as RGB on white', (_, base64, pixels) => {
  const png = new Uint8Array(Buffer.from(base64, 'base64'));
  const rows = decodePng(png, 3) as Uint8Array;
  // The 2 rows become 3. The outer ones equal the picture's, because the triangles over them reach no other row.
  expect([...rows.subarray(0, 9), ...rows.subarray(18)]).toEqual(pixels);
});

const whole = plainPng([200, 100, 50, 255], 32);

/** A PNG file with other pixel data and correct checksums. */
function withPixels(data: Uint8Array): Uint8Array {
  return withChunks(['IHDR', whole.subarray(16, 29)], ['IDAT', deflateSync(data)], ['IEND', new Uint8Array()]);
}

function framed(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), content]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(content.length);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

/** PNG specification, annex D. */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** A file made of chunks, with correct checksums. */
function withChunks(...chunks: readonly (readonly [type: string, content: Uint8Array])[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat([whole.subarray(0, 8), ...chunks.map(([type, content]) => framed(type, content))]),
  );
}

const palette = (transparency: number) =>
  withChunks(
    ['IHDR', Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 1, 8, 3, 0, 0, 0)], // 2x1 pixels
    ['PLTE', Uint8Array.of(200, 100, 50, 10, 20, 30)],
    ['tRNS', new Uint8Array(transparency)],
    ['IDAT', deflateSync(Uint8Array.of(0, 0, 1))],
    ['IEND', new Uint8Array()],
  );

test.each([
  ['bytes after its end', new Uint8Array([...whole, 10]), whole],
  ['zeros after its end', new Uint8Array([...whole, ...new Uint8Array(512)]), whole],
  ['more lines than it has', withPixels(new Uint8Array(40 * 129)), withPixels(new Uint8Array(32 * 129))],
])('a picture with %s is decoded, as libpng does', (_, png, same) => {
  const decoded = decodePng(png, 16);
  expect(decoded).toBeInstanceOf(Uint8Array);
  expect(decoded).toEqual(decodePng(same, 16));
});

test('transparency for more colours than exist is ignored, as libpng does', () => {
  const opaque = [200, 100, 50, 10, 20, 30];
  const line = (png: Uint8Array) => [...(decodePng(png, 2) as Uint8Array).subarray(0, 6)];
  expect(line(palette(3))).toEqual(opaque);
  expect(line(palette(2))).toEqual([255, 255, 255, 255, 255, 255]);
});

test('the message names Apple’s variant', () => {
  const png = withChunks(['CgBI', new Uint8Array(4)], ['IHDR', whole.subarray(16, 29)]);
  expect(decodePng(png, 16)).toMatch(/Apple’s CgBI variant, not a standard PNG: convert it/);
});

test('the file with other data has correct checksums: with all pixels, it decodes', () => {
  const { data } = PNG.sync.read(Buffer.from(whole));
  expect(data.subarray(0, 4)).toEqual(Buffer.of(200, 100, 50, 255));
  const lines = Buffer.alloc(32 * (1 + 32 * 4), 7).map((byte, i) => (i % 129 === 0 ? 0 : byte));
  expect(decodePng(withPixels(lines), 16)).toBeInstanceOf(Uint8Array);
});

test.each([
  ['an empty file', new Uint8Array(), 'is empty'],
  ['a text', new TextEncoder().encode('name,hair\n'), 'is not a PNG'],
  ['only a header', whole.subarray(0, 20), 'ends within its header'],
  ['a half', whole.subarray(0, whole.length / 2), 'is damaged or cut short'],
  ['all but the last chunk', whole.subarray(0, whole.length - 12), 'is damaged or cut short'],
  ['a flipped bit', whole.with(45, whole[45]! ^ 4), 'is damaged or cut short'],
  ['too few pixels', withPixels(new Uint8Array(300)), 'is damaged or cut short'],
  ['a giant', whole.with(17, 1), 'declares 65568x32 pixels; 1x1 to 8192x8192 are supported'],
  [
    'a bomb',
    whole.with(18, 0x1f).with(22, 0x1f),
    `declares 7968x7968 pixels, more than ${whole.length} bytes can contain`,
  ],
  ['no columns', whole.with(19, 0), 'declares 0x32 pixels; 1x1 to 8192x8192 are supported'],
])('%s is described, not thrown', (_, png, fault) => {
  // Repeated, because earlier memory contents must not become a picture.
  for (let i = 0; i < 100; i++) expect(decodePng(png, 16)).toBe(fault);
});
