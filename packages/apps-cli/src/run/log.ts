import { appendFileSync } from 'node:fs';
import type { Progress } from '@hourglass/nn';
import { toUser } from '../io/paths.ts';
import { systemReason, UsageError } from '../usage/errors.ts';
import type { EpochMetrics } from './metrics-file.ts';

/** The minimum milliseconds between two progress lines. */
const INTERVAL = 1000;

/** A file to which a training run appends a line of JSON for every epoch, and progress lines within epochs. */
export class RunLog {
  private readonly path: string | undefined;
  private last = 0;

  private constructor(path: string | undefined) {
    this.path = path;
  }

  /** @param path absolute; undefined: nothing is written. @throws UsageError if the file can't be written */
  static open(path: string | undefined): RunLog {
    try {
      if (path !== undefined) appendFileSync(path, '');
    } catch (error) {
      throw new UsageError(`--log ${toUser(path!)} can't be written: ${systemReason(error)}. Choose another file.`);
    }
    return new RunLog(path);
  }

  progress(epoch: number, { position, stepsPerEpoch, metrics, samplesPerSecond }: Progress): void {
    const now = Date.now();
    if (now - this.last < INTERVAL) return;
    this.last = now;
    this.write({ event: 'progress', epoch, step: position, of: stepsPerEpoch, ...metrics, samplesPerSecond });
  }

  epoch(row: EpochMetrics): void {
    this.write({ event: 'epoch', ...row });
  }

  private write(entry: object): void {
    if (this.path === undefined) return;
    try {
      appendFileSync(this.path, `${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
    } catch {
      // a full disk is no reason to end the training run: its checkpoints report it
    }
  }
}
