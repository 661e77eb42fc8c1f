import { type Image, imageToPng } from './image.ts';

/** The style of every figure: sizes in pixels, and colours on a light ground that makes white pictures stand out. */
export const STYLE = {
  font: "'DejaVu Sans', Verdana, sans-serif",
  ground: '#f5f4f2',
  /** The background of curves and points. */
  plot: '#ffffff',
  rule: '#e6e4e0',
  ink: '#222222',
  faint: '#6e6c68',
  margin: 24,
  labelSize: 11,
  captionSize: 13,
};

/** A whole SVG document of `width` x `height` pixels. Screen readers read `description`. */
export function svgDocument(width: number, height: number, description: string, content: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(description)}" font-family="${STYLE.font}">`,
    `<rect width="${width}" height="${height}" fill="${STYLE.ground}"/>`,
    ...content,
    '</svg>',
    '',
  ].join('\n');
}

/** A line of text. `y` is its baseline, and `x` its start, middle or end, depending on `anchor`. */
export function svgText(
  text: string,
  {
    x,
    y,
    size,
    fill,
    anchor = 'start',
  }: { x: number; y: number; size: number; fill: string; anchor?: 'start' | 'middle' | 'end' },
): string {
  return `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}" text-anchor="${anchor}">${escapeXml(text)}</text>`;
}

/** Content moved by `x`, `y`. */
export function svgGroup(x: number, y: number, content: readonly string[]): string {
  return [`<g transform="translate(${x} ${y})">`, ...content, '</g>'].join('\n');
}

/** An image with its top left corner at `x`, `y`, and each pixel a crisp square of `scale` x `scale`. */
export function svgImage(image: Image, x: number, y: number, scale: number): string {
  const png = base64(imageToPng(image, scale));
  const size = `width="${image.width * scale}" height="${image.height * scale}"`;
  return `<image x="${x}" y="${y}" ${size} image-rendering="optimizeSpeed" href="data:image/png;base64,${png}"/>`;
}

/**
 * An upper bound on a line's width in pixels, from DejaVu Sans advances grouped into four classes, because the font
 * itself is not available here.
 */
export function textWidth(text: string, size: number): number {
  const advance = (character: string) => {
    if (/[ .,:;'!|iljtfrI()[\]/·-]/.test(character)) return 0.42;
    if (/[a-ln-vx-z0-9_"?]/.test(character)) return 0.64;
    return /[A-LN-VX-Zw&+<=>×]/.test(character) ? 0.84 : 1;
  };
  return Math.ceil(size * [...text].reduce((width, character) => width + advance(character), 0));
}

function escapeXml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
  // XML cannot represent control characters, lone surrogates and these two non-characters.
  return text.replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, ' ').replace(/[&<>"']/g, (character) => entities[character]!);
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  // In chunks, because the number of arguments of a call is limited.
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}
