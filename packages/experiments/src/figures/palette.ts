/**
 * Ten colours from the palettes of Okabe and Ito and of Paul Tol. They maximise the distance of the two closest
 * colours, in full colour and for people who lack one type of cone. Curves use the first ones.
 */
export const PALETTE = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#66ccee',
  '#ccbb44',
  '#aa3377',
  '#661100',
  '#332288',
  '#444444',
] as const;

/**
 * A second cue besides colour, in the palette's order: SVG path data relative to a marker's centre, about 4 units
 * across.
 */
export const MARKERS = [
  'm-2,0a2,2 0 1,0 4,0a2,2 0 1,0-4,0',
  'm-2.2,1.8h4.4l-2.2-4z',
  'm-1.8-1.8h3.6v3.6h-3.6z',
  'm-2.5,0l2.5-2.5l2.5,2.5l-2.5,2.5z',
  'm-2.2-1.8h4.4l-2.2,4z',
  'm-2.5-.7h1.8v-1.8h1.4v1.8h1.8v1.4h-1.8v1.8h-1.4v-1.8h-1.8z',
  'm-1.8-2.2v4.4l4-2.2z',
  'm0-1.1l1.3-1.3l1.1,1.1l-1.3,1.3l1.3,1.3l-1.1,1.1l-1.3-1.3l-1.3,1.3l-1.1-1.1l1.3-1.3l-1.3-1.3l1.1-1.1z',
  'm-2.8-1h5.6v2h-5.6z',
  'm-1-2.8h2v5.6h-2z',
] as const;

/** The colour and marker of the n-th class or series. */
export function styleOf(index: number): { readonly colour: string; readonly marker: string } {
  return { colour: PALETTE[index % PALETTE.length]!, marker: MARKERS[index % MARKERS.length]! };
}
