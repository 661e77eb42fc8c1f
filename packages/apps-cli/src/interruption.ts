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
  private readonly listener: () => void;

  /** @param onRequest hears of the first signal */
  constructor(onRequest: () => void) {
    this.listener = () => {
      const now = performance.now();
      if (!this.requested) {
        this.first = now;
        this.controller.abort(new Interrupted('interrupted before the training began.'));
        onRequest();
      } else if (now - this.first > ECHO) {
        process.exit(EXIT.interrupted);
      }
    };
    process.on('SIGINT', this.listener);
    process.on('SIGTERM', this.listener);
  }

  /** Leaves the signals to the system again. */
  release(): void {
    process.off('SIGINT', this.listener);
    process.off('SIGTERM', this.listener);
  }

  get requested(): boolean {
    return this.signal.aborted;
  }

  /** Its reason is an {@link Interrupted}. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }
}
