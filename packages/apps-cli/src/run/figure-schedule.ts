import { UsageError } from '../usage/errors.ts';

/** The share of the training time that pictures between epochs may take if `--figures` is not given. */
const SHARE = 1 / 10;
/** The expected seconds for the first picture, including the compilation of its kernels. */
const FIRST = 1;

/** A value of `--figures`. */
export const FIGURES = /^(none|last|every:[1-9]\d{0,8})$/;

/**
 * Parses the epochs to draw: `none` (also nothing at the end), `last`, or `every:N` and the last.
 *
 * @throws UsageError for any other text
 */
export function figureChoice(text: string): string {
  if (FIGURES.test(text)) return text;
  throw new UsageError(`--figures must be none, last or every:N, such as every:5, not '${text}'.`);
}

/** Decides after which epochs there is a picture, and tracks the time that pictures take. */
export class FigureSchedule {
  private readonly choice: string | undefined;
  private readonly epochs: number;
  private spent = 0;
  private latest = FIRST;

  /** @param epochs the epochs of the whole run */
  constructor(choice: string | undefined, epochs: number) {
    this.choice = choice;
    this.epochs = epochs;
  }

  /** Whether to draw the figures of the finished run. */
  get final(): boolean {
    return this.choice !== 'none';
  }

  /** @param trained the seconds of training so far */
  isDue(epoch: number, trained: number): boolean {
    if (!this.final) return false;
    if (epoch === this.epochs) return true;
    if (this.choice === undefined) return this.spent + this.latest <= SHARE * trained;
    return this.choice !== 'last' && epoch % Number(this.choice.slice('every:'.length)) === 0;
  }

  /** Draws, and measures the time. */
  async draw(action: () => Promise<void>): Promise<void> {
    const begun = performance.now();
    await action();
    this.latest = (performance.now() - begun) / 1000;
    this.spent += this.latest;
  }
}
