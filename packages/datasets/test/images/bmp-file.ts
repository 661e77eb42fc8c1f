/**
 * A Windows bitmap without compression (BITMAPINFOHEADER): rows from the bottom to the top, each filled up to four bytes.
 *
 * @param rgb the colour of a pixel
 * @param bits of a pixel: 1, 4 and 8 have a palette of the colours that there are
 */
export function bmpOf(
  width: number,
  height: number,
  bits: 1 | 4 | 8 | 16 | 24 | 32,
  rgb: (x: number, y: number) => readonly [number, number, number],
): Buffer {
  const colours: string[] = [];
  const indexOf = (colour: readonly number[]): number => {
    if (!colours.includes(colour.join())) colours.push(colour.join());
    return colours.indexOf(colour.join());
  };
  const stride = Math.ceil((width * bits) / 32) * 4;
  const pixels = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const colour = rgb(x, y);
      const row = (height - 1 - y) * stride;
      if (bits === 16) {
        const [red, green, blue] = colour.map((value) => value >> 3) as [number, number, number];
        pixels.writeUInt16LE((red << 10) | (green << 5) | blue, row + 2 * x);
      } else if (bits >= 24) pixels.set(colour.toReversed(), row + (x * bits) / 8);
      else pixels[row + Math.floor((x * bits) / 8)]! |= indexOf(colour) << (8 - bits - ((x * bits) % 8));
    }
  const palette = Buffer.alloc(bits <= 8 ? 4 * 2 ** bits : 0);
  colours.forEach((colour, i) => {
    palette.set(colour.split(',').map(Number).toReversed(), 4 * i);
  });
  const header = Buffer.alloc(54);
  header.write('BM');
  header.writeUInt32LE(54 + palette.length + pixels.length, 2);
  header.writeUInt32LE(54 + palette.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  return Buffer.concat([header, palette, pixels]);
}
