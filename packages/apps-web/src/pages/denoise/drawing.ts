/** Height and width of a drawing. */
export const SIDE = 28;

/** Highest grey level in an address: a hexadecimal digit per pixel, runs of blanks as `z` and the length in base 36. */
const LEVELS = 15;

/** Brush radii in pixels: full ink within the inner radius, none beyond the outer. */
const INNER = 0.7;
const OUTER = 2;

export type Place = readonly [x: number, y: number];

/** A drawing as text for the address. */
export function writeDrawing(pixels: Float32Array): string {
  const digits = Array.from(pixels, (value) => Math.round(value * LEVELS).toString(16)).join('');
  return digits.replace(/0{4,35}/g, (run) => `z${run.length.toString(36)}`);
}

/** Parses a drawing; undefined if the text is invalid. */
export function readDrawing(text: string | undefined): Float32Array | undefined {
  const digits = text?.replace(/z(.)/g, (_, length: string) => '0'.repeat(Number.parseInt(length, 36) || 0));
  if (digits === undefined || !/^[0-9a-f]*$/.test(digits) || digits.length !== SIDE * SIDE) return undefined;
  return Float32Array.from(digits, (digit) => Number.parseInt(digit, 16) / LEVELS);
}

/** The drawing after a stroke of the soft brush between two places, in pixels; `ink` 1 draws, 0 erases. */
export function stroke(pixels: Float32Array, from: Place, to: Place, ink: 0 | 1): Float32Array {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = dx * dx + dy * dy;
  return pixels.map((value, i) => {
    const [x, y] = [(i % SIDE) + 0.5 - from[0], Math.floor(i / SIDE) + 0.5 - from[1]];
    const along = length === 0 ? 0 : Math.min(1, Math.max(0, (x * dx + y * dy) / length));
    const distance = Math.hypot(x - along * dx, y - along * dy);
    const cover = Math.min(1, Math.max(0, (OUTER - distance) / (OUTER - INNER)));
    return ink === 1 ? Math.max(value, cover) : Math.min(value, 1 - cover);
  });
}
