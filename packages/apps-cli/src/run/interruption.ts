import { EXIT, Interrupted } from '../usage/errors.ts';

/**
 * Milliseconds within which further signals count as the first: npm and pnpm forward the Ctrl-C that the terminal has
 * already sent.
 */
const ECHO = 1000;

/**
 * The signals that ask a training run to stop: Ctrl-C, the system, and a closed terminal, as at the end of an ssh
 * session.
 */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first signal is a request that the work checks between its steps; the second ends the process. */
export class Interruption {
  private readonly controller = new AbortController();
  private first = 0;
  private readonly listener: () => void;

  /** @param onRequest called at the first signal */
  constructor(onRequest: () => void) {
    this.listener = () => {
      const now = performance.now();
      if (!this.requested) {
        this.first = now;
        this.controller.abort(new Interrupted('interrupted before the training started.'));
        onRequest();
      } else if (now - this.first > ECHO) {
        process.exit(EXIT.interrupted);
      }
    };
    for (const signal of SIGNALS) process.on(signal, this.listener);
  }

  /** Stops listening for the signals. */
  release(): void {
    for (const signal of SIGNALS) process.off(signal, this.listener);
  }

  get requested(): boolean {
    return this.signal.aborted;
  }

  /** Aborted by the first signal; the reason is an {@link Interrupted}. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }
}
