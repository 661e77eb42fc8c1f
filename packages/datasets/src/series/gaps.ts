import { DataError } from '../dataset.ts';

/** How to fill in missing numbers. */
export const FILLS = ['linear', 'previous'] as const;
export type Fill = (typeof FILLS)[number];

/** Number of rows that a message names. */
const NAMED = 5;

/**
 * Fills missing numbers (NaN) in place: by linear interpolation between the neighbours, or with the previous number. At
 * the ends, uses the nearest number.
 *
 * @param fill undefined: no number may be missing
 * @param rowName the name of an instant in errors
 * @throws DataError that names the rows if numbers are missing and `fill` is undefined, if all numbers are missing, or
 *   if one is infinite
 */
export function fillGaps(
  values: Float64Array,
  fill: Fill | undefined,
  name: string,
  rowName: (index: number) => string,
): void {
  const large = values.findIndex((value) => Math.abs(Math.fround(value)) === Number.POSITIVE_INFINITY);
  if (large >= 0)
    throw new DataError(
      `${name}: the number in ${rowName(large)} is ${values[large]}, too large for 32 bits. Correct it, or leave it empty and fill it with --fill.`,
    );
  const gaps: number[] = [];
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i]!)) gaps.push(i);
  if (gaps.length === 0) return;
  if (gaps.length === values.length) throw new DataError(`${name} has no numbers.`);
  if (fill === undefined) {
    const named = gaps.slice(0, NAMED).map(rowName).join(', ');
    const more = gaps.length > NAMED ? ` and ${gaps.length - NAMED} more` : '';
    throw new DataError(
      `${name}: numbers are missing in ${named}${more}. Fill the gaps with --fill linear or --fill previous, or remove these rows.`,
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
