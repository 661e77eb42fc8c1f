import { DataError } from '../dataset.ts';

/** What to do where numbers are missing. */
export const FILLS = ['linear', 'previous'] as const;
export type Fill = (typeof FILLS)[number];

/** Rows that a message names. */
const NAMED = 5;

/**
 * Fills what is missing, NaN, in place: on the line between its neighbours, or with the one before; at an end with the nearest.
 *
 * @param fill undefined: nothing may be missing
 * @param rowName what errors call the number of an instant
 * @throws DataError that names the rows if something is missing and may not, or if everything is
 */
export function fillGaps(
  values: Float64Array,
  fill: Fill | undefined,
  name: string,
  rowName: (index: number) => string,
): void {
  const gaps: number[] = [];
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i]!)) gaps.push(i);
  if (gaps.length === 0) return;
  if (gaps.length === values.length) throw new DataError(`${name} has no number at all.`);
  if (fill === undefined) {
    const named = gaps.slice(0, NAMED).map(rowName).join(', ');
    const more = gaps.length > NAMED ? ` and ${gaps.length - NAMED} more` : '';
    throw new DataError(
      `${name}: numbers are missing in ${named}${more}. Fill the gaps by --fill linear or --fill previous, or take these rows out.`,
    );
  }
  let before = -1;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i]!)) {
      before = i;
      continue;
    }
    let after = i;
    while (after < values.length && Number.isNaN(values[after]!)) after++;
    const last = before < 0 ? values[after]! : values[before]!;
    const next = after === values.length || fill === 'previous' ? last : values[after]!;
    const span = after - before;
    for (let k = i; k < after; k++) values[k] = last + ((next - last) * (k - before)) / span;
    i = after - 1;
  }
}
