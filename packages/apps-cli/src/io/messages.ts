/** A stream to write to: `process.stderr`, or a test's. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const CLEAR_LINE = '\r\x1b[K';

/** Writes messages to standard error while a command works. */
export class Messages {
  private readonly output: Output;
  private readonly quiet: boolean;
  private transientShown = false;

  constructor(output: Output, { quiet = false }: { quiet?: boolean | undefined } = {}) {
    this.output = output;
    this.quiet = quiet;
  }

  /** Whether lines can be replaced, as on a terminal. */
  get live(): boolean {
    return !this.quiet && this.output.isTTY === true;
  }

  /** Writes permanent lines. */
  line(...texts: readonly string[]): void {
    if (!this.quiet) for (const text of texts) this.write(`${text}\n`);
  }

  /** Writes a line that the next one replaces; only on terminals. */
  transient(text: string): void {
    if (!this.live) return;
    this.write(text.slice(0, (this.output.columns ?? 80) - 1));
    this.transientShown = true;
  }

  /** Removes a transient line. */
  clear(): void {
    if (this.transientShown) this.output.write(CLEAR_LINE);
    this.transientShown = false;
  }

  private write(text: string): void {
    this.clear();
    this.output.write(text);
  }
}

/** The callbacks by which the loading of data reports: sentences become permanent lines, progress transient ones. */
export const toldBy = (messages: Messages) => ({
  notice: (text: string): void => messages.line(text),
  progress: (what: string, done: number, total: number): void =>
    messages.transient(`${what} ${Math.floor((100 * done) / total)} %`),
});
