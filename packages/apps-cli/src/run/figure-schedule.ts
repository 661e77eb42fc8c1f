import { UsageError } from '../usage/errors.ts';

/** Of the training time, what pictures between epochs may take where nobody said how many there should be. */
const SHARE = 1 / 10;
/** Seconds that the first picture is expected to take, kernels included. */
const FIRST = 1;

/** What `--figures` takes. */
export const FIGURES = /^(none|last|every:[1-9]\d{0,8})$/;

/** Parses which epochs are drawn: `none`, and nothing at the end either; `last`; or `every:N`, and the last. */
export function figureChoice(text: string): string {
  if (FIGURES.test(text)) return text;
  throw new UsageError(`--figures is none, last or every:N, such as every:5, not '${text}'.`);
}

/** Says after which epochs there is a picture, and keeps account of what pictures cost. */
export class FigureSchedule {
  private readonly choice: string | undefined;
  private readonly epochs: number;
  private spent = 0;
  private latest = FIRST;

  /** @param epochs of the whole run */
  constructor(choice: string | undefined, epochs: number) {
    this.choice = choice;
    this.epochs = epochs;
  }

  /** Whether the finished run is drawn. */
  get final(): boolean {
    return this.choice !== 'none';
  }

  /** @param trained seconds of training so far */
  isDue(epoch: number, trained: number): boolean {
    if (!this.final) return false;
    if (epoch === this.epochs) return true;
    if (this.choice === undefined) return this.spent + this.latest <= SHARE * trained;
    return this.choice !== 'last' && epoch % Number(this.choice.slice('every:'.length)) === 0;
  }

  /** Draws, and takes the time. */
  async draw(action: () => Promise<void>): Promise<void> {
    const begun = performance.now();
    await action();
    this.latest = (performance.now() - begun) / 1000;
    this.spent += this.latest;
  }
}
