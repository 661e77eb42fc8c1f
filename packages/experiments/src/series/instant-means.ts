/** A window with its score. */
interface Scored {
  readonly from: number;
  readonly score: number;
}

/**
 * The score of each instant, as `instantScores` computes it, from windows that arrive in the order of their starts. A
 * range of a recording gets the same scores as in the whole recording: sums of float32 numbers in float64 are exact
 * unless the numbers differ by a factor of 2^29.
 */
export class InstantMeans {
  private readonly window: number;
  /** The windows that are kept, and how many of them, from the first on, have ended and have begun. */
  private windows: Scored[] = [];
  private ended = 0;
  private begun = 0;
  private sum = 0;
  private count = 0;
  private next: number;

  /** @param first the first instant that a window may contain */
  constructor(window: number, first: number) {
    this.window = window;
    this.next = first;
  }

  add(from: number, score: number): void {
    this.windows.push({ from, score });
  }

  /**
   * Yields the scores of the instants before `end` that it has not yielded before. All windows that begin before `end`
   * must have been added.
   */
  *until(end: number): Generator<{ readonly instant: number; readonly score: number }> {
    for (; this.next < end; this.next++) {
      let change = 0;
      const ending = this.windows[this.ended];
      if (ending !== undefined && ending.from + this.window === this.next) {
        change -= ending.score;
        this.count--;
        this.ended++;
      }
      const beginning = this.windows[this.begun];
      if (beginning?.from === this.next) {
        change += beginning.score;
        this.count++;
        this.begun++;
      }
      this.sum += change;
      yield { instant: this.next, score: Math.fround(this.sum / this.count) };
    }
    this.windows = this.windows.slice(this.ended);
    this.begun -= this.ended;
    this.ended = 0;
  }
}
