import { boundBytes, type Dispatch, type Operand } from './dispatch.ts';
import { ALIGNMENT } from './storage.ts';

/** The rows that one dispatch processes: `from` to `to` of the `of` equal rows along a tensor's leading dimension. */
export class Piece {
  readonly from: number;
  readonly to: number;
  readonly of: number;

  constructor(from: number, to: number, of: number) {
    this.from = from;
    this.to = to;
    this.of = of;
  }

  get isWhole(): boolean {
    return this.to - this.from === this.of;
  }

  /** How many of `n` items in all rows are before the piece. */
  before(n: number): number {
    return (n * this.from) / this.of;
  }

  /** How many of `n` items in all rows are in the piece. */
  share(n: number): number {
    return (n * (this.to - this.from)) / this.of;
  }
}

export const WHOLE = new Piece(0, 1, 1);

/** Maximum pieces of one tensor; more would take longer to submit than to compute. */
const MAX_PIECES = 4096;

/** A result of `size` elements that can be cut into rows along any of the `extents`; the first that works is used. */
export interface Cuttable {
  readonly size: number;
  readonly extents: readonly number[];
}

/**
 * The dispatches that `lower` returns for the whole result. If a buffer exceeds the binding limit: the dispatches for
 * the largest pieces that can be bound. If no pieces can be bound: the dispatches for the whole result.
 */
export function inPieces(cuttable: Cuttable, bindingLimit: number, lower: (piece: Piece) => Dispatch[]): Dispatch[] {
  const whole = lower(WHOLE);
  const largest = Math.max(...whole.flatMap(({ bindings }) => bindings.map(({ operand }) => boundBytes(operand))));
  if (largest <= bindingLimit) return whole;

  const fits = ({ bindings }: Dispatch): boolean => bindings.every(({ operand }) => canBind(operand, bindingLimit));
  for (const { rows, extent } of cuts(cuttable, Math.ceil(largest / bindingLimit))) {
    const piece = (from: number): Dispatch[] => lower(new Piece(from, Math.min(from + rows, extent), extent));
    // Pieces differ in where they begin, and the last is the shortest. If the first two can't be bound, none can.
    if (![rows, 0].every((from) => piece(from).every(fits))) continue;
    const pieces = Array.from({ length: Math.ceil(extent / rows) }, (_, i) => piece(i * rows)).flat();
    if (pieces.every(fits)) return pieces;
  }
  return whole;
}

/**
 * The possible numbers of rows per piece, and the extent that is cut: largest pieces first, as equal as alignment
 * allows.
 */
function* cuts({ size, extents }: Cuttable, fewest: number): Generator<{ rows: number; extent: number }> {
  for (const extent of extents) {
    const step = ALIGNMENT / 4 / divisor(size / extent, ALIGNMENT / 4);
    const most = Math.min(extent, MAX_PIECES);
    // Among many pieces, one more makes little difference.
    for (let count = fewest; count <= most; count += Math.ceil(count / 32)) {
      const equal = Math.ceil(extent / count);
      const aligned = Math.ceil(equal / step) * step;
      for (const rows of new Set([equal, aligned])) if (rows < extent) yield { rows, extent };
    }
  }
}

/** The greatest common divisor of two numbers; 1 if `a` is not a whole number. */
const divisor = (a: number, b: number): number => (Number.isInteger(a) ? (b === 0 ? a : divisor(b, a % b)) : 1);

const canBind = (operand: Operand, limit: number): boolean =>
  'words' in operand || ((operand.offset ?? 0) % ALIGNMENT === 0 && boundBytes(operand) <= limit);
