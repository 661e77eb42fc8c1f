import { EXIT, Interrupted } from '../usage/errors.ts';

/**
 * Milliseconds within which further signals belong to the first: npm and pnpm hand on the Ctrl-C that the terminal has
 * already sent.
 */
const ECHO = 1000;

/** What asks a training to stop: Ctrl-C, the system, and a terminal that is closed, as at the end of an ssh session. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first signal is a wish that the work looks at between its steps, the second ends the process. */
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
    for (const signal of SIGNALS) process.on(signal, this.listener);
  }

  /** Leaves the signals to the system again. */
  release(): void {
    for (const signal of SIGNALS) process.off(signal, this.listener);
  }

  get requested(): boolean {
    return this.signal.aborted;
  }

  /** Its reason is an {@link Interrupted}. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }
}
