import { EXIT, Interrupted } from './errors.ts';

/**
 * Milliseconds within which further signals belong to the first: npm and pnpm hand on the Ctrl-C that the terminal has
 * already sent.
 */
const ECHO = 1000;

/** Ctrl-C and SIGTERM: the first is a wish that the work looks at between its steps, the second ends the process. */
export class Interruption {
  private readonly controller = new AbortController();
  private first = 0;

  /** @param onRequest hears of the first signal */
  constructor(onRequest: () => void) {
    const listener = (): void => {
      const now = performance.now();
      if (!this.requested) {
        this.first = now;
        this.controller.abort(new Interrupted('interrupted before the training began.'));
        onRequest();
      } else if (now - this.first > ECHO) {
        process.exit(EXIT.interrupted);
      }
    };
    process.on('SIGINT', listener);
    process.on('SIGTERM', listener);
  }

  get requested(): boolean {
    return this.signal.aborted;
  }

  /** Its reason is an {@link Interrupted}. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }
}
