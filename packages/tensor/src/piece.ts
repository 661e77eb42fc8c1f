/** What one dispatch works on: rows `from` to `to` of the `of` equal ones that a tensor has along its leading dimension. */
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

  /** Of `n` things in all rows, how many lie before the piece. */
  before(n: number): number {
    return (n * this.from) / this.of;
  }

  /** Of `n` things in all rows, how many are the piece's. */
  share(n: number): number {
    return (n * (this.to - this.from)) / this.of;
  }
}

export const WHOLE = new Piece(0, 1, 1);
