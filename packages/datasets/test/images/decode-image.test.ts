import { PNG } from 'pngjs';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeImage, isGray, toGray } from '../../src/node/images/decode-image.ts';
import { bmpOf } from './bmp-file.ts';

const SIZE = 16;
const FORM = { size: SIZE, fit: 'cover', background: '#ffffff' } as const;

/** Red, green, blue and yellow quarters. */
const QUARTERS = [
  [
    [255, 0, 0],
    [0, 255, 0],
  ],
  [
    [0, 0, 255],
    [255, 255, 0],
  ],
] as const;
const quarter = (x: number, y: number): readonly [number, number, number] => QUARTERS[y < 8 ? 0 : 1]![x < 8 ? 0 : 1]!;
const RGB = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => {
  const pixel = Math.floor(i / 3);
  return quarter(pixel % SIZE, Math.floor(pixel / SIZE))[i % 3]!;
});
const quarters = () => sharp(RGB, { raw: { width: SIZE, height: SIZE, channels: 3 } });

async function decoded(bytes: Uint8Array, form: Parameters<typeof decodeImage>[1] = FORM): Promise<Uint8Array> {
  const result = await decodeImage(bytes, form);
  if (typeof result === 'string') throw new Error(result);
  return result.rgb;
}
/** Of a decoded image of the same size. */
const at = (rgb: Uint8Array, x: number, y: number): number[] => [...rgb.subarray((y * SIZE + x) * 3).subarray(0, 3)];

describe('kinds of files', () => {
  test('what loses nothing gives just its pixels', async () => {
    for (const file of [
      await quarters().png().toBuffer(),
      await quarters().png({ palette: true }).toBuffer(),
      await quarters().png({ progressive: true }).toBuffer(),
      await quarters().webp({ lossless: true }).toBuffer(),
      await quarters().tiff({ compression: 'lzw' }).toBuffer(),
      await quarters().gif().toBuffer(),
      PNG.sync.write(Object.assign(new PNG({ width: SIZE, height: SIZE }), { data: withAlpha(RGB, 255) })),
    ])
      expect(await decoded(file)).toEqual(Buffer.from(RGB));
  });

  test.each([['jpeg'], ['avif'], ['webp']] as const)('%s comes close', async (kind) => {
    const file = await quarters().toFormat(kind, { quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();
    const rgb = await decoded(file);
    // in the middle of the quarters: next to edges, lossy files swing
    for (const [x, y] of [
      [3, 3],
      [12, 3],
      [3, 12],
      [12, 12],
    ] as const)
      at(rgb, x, y).forEach((value, channel) => {
        expect(Math.abs(value - quarter(x, y)[channel]!)).toBeLessThan(24);
      });
  });

  test.each([[1], [4], [8], [16], [24], [32]] as const)('bitmaps of %d bits', async (bits) => {
    // an odd width: rows are filled up
    const [width, height] = [13, 9];
    const colour = (x: number, y: number) => (bits === 1 ? quarter((x + y) % 2 ? 0 : 8, 0) : quarter(x, y));
    const result = await decodeImage(bmpOf(width, height, bits, colour), { ...FORM, size: 9, fit: 'cover' });
    const rgb = typeof result === 'string' ? new Uint8Array() : result.rgb;
    for (let y = 0; y < 9; y++)
      for (let x = 0; x < 9; x++)
        expect([...rgb.subarray((y * 9 + x) * 3, (y * 9 + x) * 3 + 3)]).toEqual(colour(x + 2, y));
  });

  test('of what moves, the first frame', async () => {
    const frames = await sharp([await quarters().png().toBuffer(), await quarters().negate().png().toBuffer()], {
      join: { animated: true },
    })
      .gif()
      .toBuffer();
    const result = await decodeImage(frames, FORM);
    expect(result).toMatchObject({ frames: 2, rgb: Buffer.from(RGB) });
  });
});

describe('what else files hold', () => {
  test.each([
    [1, [255, 0, 0]],
    [3, [255, 255, 0]],
    [6, [0, 0, 255]],
    [8, [0, 255, 0]],
  ])('orientation %d puts this colour at the top left', async (orientation, colour) => {
    // Exif 2.32, tag 0x0112: 3 is half a turn, 6 a quarter to the right, 8 one to the left
    const file = await quarters().withMetadata({ orientation }).png().toBuffer();
    expect(at(await decoded(file), 2, 2)).toEqual(colour);
  });

  test('16 bits are reduced to the upper 8', async () => {
    const values = Uint16Array.from({ length: SIZE * SIZE }, (_, i) => i * 257 + (i % 200));
    const file = await sharp(values, { raw: { width: SIZE, height: SIZE, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect((await sharp(file).metadata()).depth).toBe('ushort');
    expect(toGray(await decoded(file))).toEqual(Uint8Array.from(values, (value) => value >> 8));
  });

  test.each([
    ['gray', 1, (value: number) => value / 255],
    ['gray', 1, (value: number) => value],
    // IEC 61966-2-1: sRGB to linear light
    ['colours', 3, (value: number) => (value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4)],
  ] as const)('floats of %s', async (_, channels, stored) => {
    const file = floatTiff(channels, (pixel) => stored(pixel));
    expect(toGray(await decoded(file))).toEqual(Uint8Array.from({ length: SIZE * SIZE }, (_, i) => i));
  });

  test('floats of an unknown range are refused', async () => {
    expect(
      await decodeImage(
        floatTiff(1, (pixel) => 257 * pixel),
        FORM,
      ),
    ).toBe('contains floats from 0 to 65535, which is not read: scale them to 0 to 1');
    expect(
      await decodeImage(
        floatTiff(3, (pixel) => pixel),
        FORM,
      ),
    ).toMatch(/^contains floats from 0 to 255,/);
    expect(
      await decodeImage(
        floatTiff(1, (pixel) => pixel / 128 - 1),
        FORM,
      ),
    ).toMatch(/^contains floats from -1 to/);
  });

  test('what is transparent shows the background', async () => {
    const file = await sharp(withAlpha(RGB, 128), { raw: { width: SIZE, height: SIZE, channels: 4 } })
      .png()
      .toBuffer();
    // half of red, half of white or of blue
    const near = async (background: string, expected: readonly number[]) => {
      at(await decoded(file, { ...FORM, background }), 2, 2).forEach((value, channel) => {
        expect(Math.abs(value - expected[channel]!)).toBeLessThanOrEqual(1); // rounding
      });
    };
    await near('#ffffff', [255, 127, 127]);
    await near('#0000ff', [128, 0, 127]);
  });

  test('colours of a profile become those of sRGB', async () => {
    const file = await sharp({
      create: { width: SIZE, height: SIZE, channels: 3, background: { r: 200, g: 100, b: 50 } },
    })
      .withIccProfile('p3', { attach: true })
      .png()
      .toBuffer();
    // the same colour in Display P3 has other numbers: the file holds them, and its profile says so
    const stored = PNG.sync.read(file).data.subarray(0, 3);
    expect(Math.abs(stored[0]! - 200)).toBeGreaterThan(5);
    at(await decoded(file), 8, 8).forEach((value, channel) => {
      expect(Math.abs(value - [200, 100, 50][channel]!)).toBeLessThanOrEqual(2); // through 8 bits twice
    });
  });

  test('gray is told from colour, and stays what it is', async () => {
    const gray = Uint8Array.from({ length: SIZE * SIZE }, (_, i) => i);
    const file = await sharp(gray, { raw: { width: SIZE, height: SIZE, channels: 1 } })
      .png()
      .toBuffer();
    const rgb = await decoded(file);
    expect(isGray(rgb)).toBe(true);
    expect(toGray(rgb)).toEqual(gray);
    expect(isGray(RGB)).toBe(false);
    // ITU-R BT.601: 0.299 red, 0.587 green, 0.114 blue
    expect([...toGray(Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255))]).toEqual([76, 150, 29]);
  });
});

describe('what is not square', () => {
  // a wide image: black, in the middle a white square
  const wide = () =>
    sharp(
      Uint8Array.from({ length: 64 * 16 }, (_, i) => (i % 64 >= 24 && i % 64 < 40 ? 255 : 0)),
      { raw: { width: 64, height: 16, channels: 1 } },
    )
      .png()
      .toBuffer();
  const middleRow = async (fit: 'cover' | 'contain' | 'stretch') => {
    const rgb = await decoded(await wide(), { ...FORM, fit, background: '#ff0000' });
    return Array.from({ length: SIZE }, (_, x) => at(rgb, x, 8).join());
  };

  test('cover cuts its edges off', async () => {
    expect(new Set(await middleRow('cover'))).toEqual(new Set(['255,255,255']));
  });

  test('contain adds bars of the background', async () => {
    const rgb = await decoded(await wide(), { ...FORM, fit: 'contain', background: '#ff0000' });
    expect(at(rgb, 8, 1)).toEqual([255, 0, 0]);
    expect(at(rgb, 8, 14)).toEqual([255, 0, 0]);
    expect(at(rgb, 1, 8)).toEqual([0, 0, 0]);
    expect(at(rgb, 8, 8)[0]).toBeGreaterThan(200);
  });

  test('stretch keeps all of it', async () => {
    const row = await middleRow('stretch');
    expect(row[1]).toBe('0,0,0');
    expect(row[14]).toBe('0,0,0');
    expect(Number(row[8]!.split(',')[0])).toBeGreaterThan(200);
  });
});

describe('what can’t be read', () => {
  test('is told as the end of a sentence', async () => {
    const jpeg = await sharp({ create: { width: 400, height: 300, channels: 3, background: '#456' } })
      .composite([{ input: Buffer.from(RGB), raw: { width: SIZE, height: SIZE, channels: 3 } }])
      .jpeg()
      .toBuffer();
    const png = await quarters().png().toBuffer();
    const side = 12_000;
    const bomb = await sharp(Buffer.alloc(side * side), {
      raw: { width: side, height: side, channels: 1 },
      limitInputPixels: false,
    })
      .png()
      .toBuffer();
    const told = async (bytes: Uint8Array) => await decodeImage(bytes, FORM);
    expect(await told(new Uint8Array())).toBe('is empty');
    expect(await told(new TextEncoder().encode('hello'))).toBe('is damaged, or no image of a kind that is read');
    expect(await told(jpeg.subarray(0, jpeg.length * 0.6))).toBe('is damaged or cut short');
    expect(await told(png.subarray(0, -20))).toBe('is damaged or cut short');
    expect(await told(bomb)).toBe('announces 12000x12000 pixels; at most 134217728 are supported');
    expect(await told(await quarters().resize(16, 3).png().toBuffer())).toMatch(/is tiny, 16x3 pixels/);
    expect(await told(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"/>'))).toMatch(
      /is SVG, which is not read/,
    );
    const bmp = bmpOf(16, 16, 24, quarter);
    expect(await told(bmp.subarray(0, 500))).toBe('is damaged or cut short');
    bmp.writeInt32LE(60_000, 18);
    bmp.writeInt32LE(60_000, 22);
    expect(await told(bmp)).toMatch(/announces 60000x60000 pixels/);
  });

  test('wherever a file is cut, nothing is thrown', async () => {
    for (const kind of ['png', 'jpeg', 'webp', 'avif', 'tiff', 'gif'] as const) {
      const file = await quarters().toFormat(kind).toBuffer();
      for (let share = 0; share < 1; share += 0.1) await decodeImage(file.subarray(0, share * file.length), FORM);
    }
    const bmp = bmpOf(16, 16, 8, quarter);
    for (let length = 0; length < bmp.length; length += 31) await decodeImage(bmp.subarray(0, length), FORM);
  });
});

function withAlpha(rgb: Uint8Array, alpha: number): Buffer {
  return Buffer.from(
    Array.from({ length: rgb.length / 3 }, (_, i) => [...rgb.subarray(3 * i, 3 * i + 3), alpha]).flat(),
  );
}

/** A TIFF of 32-bit floats (TIFF 6.0, sections 2 and 19) whose channels are equal. */
function floatTiff(channels: 1 | 3, numberAt: (pixel: number) => number): Buffer {
  const count = SIZE * SIZE * channels;
  // Tag, type (3: 16 bits, 4: 32 bits) and value.
  const tags: readonly (readonly [number, number, number])[] = [
    [256, 3, SIZE],
    [257, 3, SIZE],
    [258, 3, 32],
    [259, 3, 1], // not compressed
    [262, 3, channels === 1 ? 1 : 2],
    [273, 4, 256], // where the numbers begin
    [277, 3, channels],
    [278, 3, SIZE],
    [279, 4, 4 * count],
    [339, 3, 3], // floats
  ];
  const file = Buffer.alloc(256 + 4 * count);
  file.write('II*\0\x08', 'latin1');
  file.writeUInt16LE(tags.length, 8);
  tags.forEach(([tag, type, value], i) => {
    const perChannel = channels === 3 && (tag === 258 || tag === 339);
    const at = 10 + 12 * i;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(perChannel ? 3 : 1, at + 4);
    file.writeUInt32LE(perChannel ? tag - 100 : value, at + 8);
    if (perChannel) for (let c = 0; c < 3; c++) file.writeUInt16LE(value, tag - 100 + 2 * c);
  });
  for (let i = 0; i < count; i++) file.writeFloatLE(numberAt(Math.floor(i / channels)), 256 + 4 * i);
  return file;
}
