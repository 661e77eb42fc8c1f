import { access, constants, lstat, mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { Figure } from '@hourglass/experiments';
import { makeFolder } from '@hourglass/files';
import { decodeCheckpoint, type Snapshot } from '@hourglass/nn';
import { EventFile } from '../io/event-file.ts';
import { fromUser, toUser } from '../io/paths.ts';
import { svgToPng } from '../io/png.ts';
import { writeWhole } from '../io/write-whole.ts';
import { OutputError, systemReason, UsageError } from '../usage/errors.ts';
import { parseConfig, type RunConfig } from './config.ts';
import { LOCK, RunLock } from './lock.ts';
import { type EpochMetrics, formatMetrics, formatTimes, parseMetrics } from './metrics-file.ts';

const CONFIG = 'config.json';
const LAST = 'last.safetensors';
const METRICS = 'metrics.csv';
const TIMES = 'timing.csv';
const SUMMARY = 'summary.txt';

/** The maximum bytes of each file of a run: anything larger, such as a device that never ends, is not one of ours. */
const LARGEST = { [CONFIG]: 2 ** 20, [LAST]: 2 ** 32, [METRICS]: 2 ** 26, [TIMES]: 2 ** 26 };

/** The name of a run without `--out`: `<experiment>-<local time>`. */
function defaultName(experiment: string, now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${experiment}-${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}

const refuse = (path: string, error: unknown): never => {
  throw new UsageError(`${toUser(path)} can't be the run folder: ${systemReason(error)}. Choose another with --out.`);
};

/** A run as stored in its folder. */
export interface StoredRun {
  readonly folder: RunFolder;
  readonly config: RunConfig;
  readonly snapshot: Snapshot;
  /** The metrics of the epochs up to the snapshot. */
  readonly rows: readonly EpochMetrics[];
}

/**
 * The folder of a run. Every file is written under a temporary name, synced and renamed, so that none is ever half
 * written. Links in the folder are not followed, because it may come from a stranger. The methods that write throw
 * OutputError if a file can't be written.
 */
export class RunFolder {
  readonly path: string;
  /** The outermost folder that was created for it; undefined if the folder existed. */
  private readonly made: string | undefined;
  /** The files and folders that were written into it. */
  private readonly written = new Set<string>();

  private constructor(path: string, made?: string) {
    this.path = path;
    this.made = made;
  }

  /** Creates the folder. @throws UsageError if it is not empty, or can't be created or written. */
  static async create(path: string): Promise<RunFolder> {
    const fail = (error: unknown): never => refuse(path, error);
    const made = await makeFolder(path).catch(fail);
    const entries = await readdir(path).catch(fail);
    if (entries.length > 0) {
      throw new UsageError(
        `${toUser(path)} is not empty, but a run needs an empty folder. Choose another with --out, or resume a run with --resume.`,
      );
    }
    await access(path, constants.W_OK).catch(fail);
    return new RunFolder(path, made);
  }

  /**
   * Makes the folder, or opens it if it holds a run or the files of one that never reached its first checkpoint.
   * @throws UsageError as {@link create}
   */
  static async createOrReopen(path: string): Promise<RunFolder> {
    const entries: readonly string[] = await readdir(path).catch(() => []);
    const own: readonly string[] = [CONFIG, LAST, METRICS, TIMES, SUMMARY, LOCK];
    const isRun = entries.includes(LAST) || entries.every((name) => own.includes(name.replace(/\.tmp$/, '')));
    return entries.length > 0 && isRun ? new RunFolder(path) : RunFolder.create(path);
  }

  /** Whether the folder holds a checkpoint to resume from. */
  async isBegun(): Promise<boolean> {
    return (await readdir(this.path)).includes(LAST);
  }

  /**
   * Creates `runs/<experiment>-<local time>`, with a number added if it exists.
   * @throws UsageError if it can't be created
   */
  static async createDefault(experiment: string, now = new Date()): Promise<RunFolder> {
    const runs = fromUser('runs');
    const made = await makeFolder(runs).catch((error: unknown) => refuse(runs, error));
    const name = defaultName(experiment, now);
    for (let i = 1; ; i++) {
      const path = join(runs, i === 1 ? name : `${name}-${i}`);
      try {
        await mkdir(path);
        return new RunFolder(path, made ?? path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') refuse(path, error);
      }
    }
  }

  /** Opens a run to resume it. @throws UsageError if the folder is not a run; FileFormatError for a bad checkpoint. */
  static async open(path: string): Promise<StoredRun> {
    const read = async (name: keyof typeof LARGEST): Promise<Buffer> => {
      const fail = (reason: string): never => {
        throw new UsageError(
          `${toUser(path)} is not a run that can be resumed: ${name} ${reason}. Give the folder that \`train\` created.`,
        );
      };
      const cantRead = (error: unknown): never => fail(`can't be read (${systemReason(error)})`);
      const file = join(path, name);
      const about = await lstat(file).catch(cantRead);
      if (!about.isFile()) fail('is not a regular file');
      if (about.size > LARGEST[name]) fail(`has ${about.size} bytes; the maximum is ${LARGEST[name]}`);
      return readFile(file).catch(cantRead);
    };
    const name = (file: string): string => toUser(join(path, file));
    const config = parseConfig(String(await read(CONFIG)), name(CONFIG));
    const { snapshot } = decodeCheckpoint(await read(LAST), name(LAST));
    const times = String(await read(TIMES).catch(() => '')); // runs of earlier versions have no such file
    const rows = parseMetrics(String(await read(METRICS)), snapshot.state.epoch, name(METRICS), times);
    const { seconds = 0, samplesPerSecond = 0 } = rows.at(-1) ?? {};
    const state = { ...snapshot.state, seconds, samples: Math.round(seconds * samplesPerSecond) };
    return { folder: new RunFolder(path), config, snapshot: { ...snapshot, state }, rows };
  }

  /**
   * Keeps other processes out until the lock is released.
   *
   * @throws UsageError if another process is using the folder, OutputError if the lock can't be written
   */
  lock(): Promise<RunLock> {
    return RunLock.take(this.path).catch((error: unknown) => {
      if (error instanceof UsageError) throw error;
      throw new OutputError(`${toUser(this.path)} can't be written: ${systemReason(error)}.`);
    });
  }

  /** Removes what was created and written, and nothing else. @throws system errors if other files are in the folder */
  async discard(): Promise<void> {
    for (const name of this.written) await rm(join(this.path, name), { recursive: true, force: true });
    if (this.made === undefined) return;
    for (let path = this.path; path.length >= this.made.length; path = dirname(path)) {
      await rmdir(path); // fails if something else has been put into the folder
    }
  }

  writeConfig(config: RunConfig): Promise<void> {
    return this.write(CONFIG, `${JSON.stringify(config, null, 2)}\n`);
  }

  writeSummary(summary: string): Promise<void> {
    return this.write(SUMMARY, summary);
  }

  /** Writes the metrics of every epoch, and their times into a separate file. */
  async writeMetrics(rows: readonly EpochMetrics[]): Promise<void> {
    await this.write(TIMES, formatTimes(rows));
    await this.write(METRICS, formatMetrics(rows));
  }

  /** Writes the checkpoint to resume from. */
  writeLast(checkpoint: Uint8Array): Promise<void> {
    return this.write(LAST, checkpoint);
  }

  /** Writes the checkpoint with the smallest validation loss. */
  writeBest(checkpoint: Uint8Array): Promise<void> {
    return this.write('best.safetensors', checkpoint);
  }

  writeEpoch(epoch: number, checkpoint: Uint8Array): Promise<void> {
    return this.write(join('epochs', `epoch-${String(epoch).padStart(3, '0')}.safetensors`), checkpoint);
  }

  /** Writes the model card. */
  writeCard(card: string): Promise<void> {
    return this.write('README.md', card);
  }

  /** Creates a file of events for TensorBoard, which reads all that a folder holds. */
  createEvents(): EventFile {
    const name = `events.out.tfevents.${Math.floor(Date.now() / 1000)}.hourglass`;
    this.written.add(name);
    try {
      return new EventFile(join(this.path, name));
    } catch (error) {
      throw new OutputError(`${toUser(join(this.path, name))} can't be written: ${systemReason(error)}.`);
    }
  }

  /** Writes a figure as PNG, whose bytes it returns; with `withSvg`, for the finished run, also as SVG. */
  async writeFigure({ name, svg }: Figure, { withSvg = false } = {}): Promise<Uint8Array> {
    const png = svgToPng(svg);
    await this.write(join('figures', `${name}.png`), png);
    if (withSvg) await this.write(join('figures', `${name}.svg`), svg);
    return png;
  }

  private async write(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.path, name);
    const temporary = `${path}.tmp`;
    this.written.add(name.split(sep)[0]!);
    try {
      await mkdir(dirname(path), { recursive: true });
      if (dirname(path) !== this.path && !(await lstat(dirname(path))).isDirectory()) {
        throw Object.assign(new Error(), { code: 'its folder is a link' });
      }
      await rm(temporary, { force: true }); // the leftover of a killed process
      await writeWhole(path, content, temporary);
    } catch (error) {
      throw new OutputError(`${toUser(path)} can't be written: ${systemReason(error)}.`);
    }
  }
}

/**
 * The configuration of the run whose folder, or a file in it, was given as weights; undefined if there is none.
 *
 * @throws UsageError if the configuration is damaged
 */
export async function configOf(weights: readonly string[]): Promise<RunConfig | undefined> {
  for (const path of [...weights, ...weights.map(dirname)]) {
    const file = join(path, CONFIG);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return parseConfig(text, toUser(file));
  }
  return undefined;
}
