/**
 * Composites transparent pixels on white.
 *
 * @param rgba bytes [pixels, 4], with straight (not premultiplied) alpha
 * @returns bytes [pixels, 3], rounded to nearest
 */
export function onWhite(rgba: Uint8Array): Uint8Array {
  const pixels = rgba.length / 4;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const alpha = rgba[4 * i + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      const color = rgba[4 * i + channel]!;
      rgb[3 * i + channel] = Math.round(255 + ((color - 255) * alpha) / 255);
    }
  }
  return rgb;
}
