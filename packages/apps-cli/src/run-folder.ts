import { existsSync } from 'node:fs';
import { access, constants, lstat, mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Figure } from '@hourglass/experiments';
import { decodeCheckpoint, type Snapshot } from '@hourglass/nn';
import { OutputError, systemReason, UsageError } from './errors.ts';
import { type EpochMetrics, formatMetrics, parseMetrics } from './metrics.ts';
import { fromUser, toUser } from './paths.ts';
import { svgToPng } from './png.ts';
import { parseConfig, type RunConfig } from './run-config.ts';
import { RunLock } from './run-lock.ts';

const CONFIG = 'config.json';
const LAST = 'last.safetensors';
const METRICS = 'metrics.csv';

/** Bytes that a file of a run may have: what is larger, as a device that never ends, is none of ours. */
const LARGEST = { [CONFIG]: 2 ** 20, [LAST]: 2 ** 32, [METRICS]: 2 ** 26 };

/** Where a run without `--out` goes: `runs/<experiment>-<local time>`, as no other folder is called. */
export function defaultRunPath(experiment: string, now = new Date()): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const name = `${experiment}-${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  let path = fromUser(join('runs', name));
  for (let i = 2; existsSync(path); i++) path = fromUser(join('runs', `${name}-${i}`));
  return path;
}

/** A run as its folder holds it. */
export interface StoredRun {
  readonly folder: RunFolder;
  readonly config: RunConfig;
  readonly snapshot: Snapshot;
  /** Of the epochs up to the snapshot. */
  readonly rows: readonly EpochMetrics[];
}

/**
 * The folder of a run. Every file is written under another name, synced and renamed, so that none is ever half written. Links in it
 * are not followed, as the folder may come from a stranger.
 */
export class RunFolder {
  readonly path: string;
  /** The outermost folder that was made for it; undefined if the folder was there. */
  private readonly made: string | undefined;

  private constructor(path: string, made?: string) {
    this.path = path;
    this.made = made;
  }

  /** Makes the folder. @throws UsageError if it holds anything, or can't be made or written. */
  static async create(path: string): Promise<RunFolder> {
    const fail = (error: unknown): never => {
      throw new UsageError(
        `${toUser(path)} can't be the run folder: ${systemReason(error)}. Choose another with --out.`,
      );
    };
    const made = await makeFolder(path).catch(fail);
    const entries = await readdir(path).catch(fail);
    if (entries.length > 0) {
      throw new UsageError(
        `${toUser(path)} is not empty, and a run needs a folder of its own. Choose another with --out, or go on with a run by --resume.`,
      );
    }
    await access(path, constants.W_OK).catch(fail);
    return new RunFolder(path, made);
  }

  /** Opens a run to go on with it. @throws UsageError if the folder is no run; FileFormatError for a bad checkpoint. */
  static async open(path: string): Promise<StoredRun> {
    const read = async (name: keyof typeof LARGEST): Promise<Buffer> => {
      const fail = (reason: string): never => {
        throw new UsageError(
          `${toUser(path)} is no run that can be resumed: ${name} ${reason}. Give the folder that \`train\` made.`,
        );
      };
      const cantRead = (error: unknown): never => fail(`can't be read (${systemReason(error)})`);
      const file = join(path, name);
      const about = await lstat(file).catch(cantRead);
      if (!about.isFile()) fail('is no file of its own');
      if (about.size > LARGEST[name]) fail(`has ${about.size} bytes, and ${LARGEST[name]} are the most`);
      return readFile(file).catch(cantRead);
    };
    const name = (file: string): string => toUser(join(path, file));
    const config = parseConfig(String(await read(CONFIG)), name(CONFIG));
    const { snapshot } = decodeCheckpoint(await read(LAST), name(LAST));
    const rows = parseMetrics(String(await read(METRICS)), snapshot.state.epoch, name(METRICS));
    return { folder: new RunFolder(path), config, snapshot, rows };
  }

  /** Keeps other processes out, until it is released. @throws UsageError if one is at work in here */
  lock(): Promise<RunLock> {
    return RunLock.take(this.path).catch((error: unknown) => {
      if (error instanceof UsageError) throw error;
      throw new OutputError(`${toUser(this.path)} can't be written: ${systemReason(error)}.`);
    });
  }

  /** Removes what `create` made, and all files; a folder that was there before stays, empty. */
  async discard(): Promise<void> {
    for (const entry of await readdir(this.path)) await rm(join(this.path, entry), { recursive: true });
    if (this.made === undefined) return;
    for (let path = this.path; path.length >= this.made.length; path = dirname(path)) {
      await rmdir(path); // refuses a folder into which another run has come
    }
  }

  writeConfig(config: RunConfig): Promise<void> {
    return this.write(CONFIG, `${JSON.stringify(config, null, 2)}\n`);
  }

  writeSummary(summary: string): Promise<void> {
    return this.write('summary.txt', summary);
  }

  writeMetrics(rows: readonly EpochMetrics[]): Promise<void> {
    return this.write(METRICS, formatMetrics(rows));
  }

  /** The checkpoint to resume from. */
  writeLast(checkpoint: Uint8Array): Promise<void> {
    return this.write(LAST, checkpoint);
  }

  /** The checkpoint with the least validation loss. */
  writeBest(checkpoint: Uint8Array): Promise<void> {
    return this.write('best.safetensors', checkpoint);
  }

  writeEpoch(epoch: number, checkpoint: Uint8Array): Promise<void> {
    return this.write(join('epochs', `epoch-${String(epoch).padStart(3, '0')}.safetensors`), checkpoint);
  }

  /** As PNG; a figure of the finished run `withSvg` too. */
  async writeFigure({ name, svg }: Figure, { withSvg = false } = {}): Promise<void> {
    await this.write(join('figures', `${name}.png`), svgToPng(svg));
    if (withSvg) await this.write(join('figures', `${name}.svg`), svg);
  }

  private async write(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.path, name);
    const temporary = `${path}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true });
      if (dirname(path) !== this.path && !(await lstat(dirname(path))).isDirectory()) {
        throw Object.assign(new Error(), { code: 'its folder is a link' });
      }
      await rm(temporary, { force: true }); // what a killed process has left
      const file = await open(temporary, 'wx');
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      await syncFolder(dirname(path));
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw new OutputError(`${toUser(path)} can't be written: ${systemReason(error)}.`);
    }
  }
}

/**
 * Makes a folder and those above it that are missing; returns the outermost one made, if any. Node's recursive mkdir never
 * comes back where a folder is there but takes no entries, as in Linux's /proc.
 */
async function makeFolder(path: string): Promise<string | undefined> {
  if (existsSync(path)) return undefined;
  const above = await makeFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    if (above !== undefined) await rm(above, { recursive: true, force: true });
    throw error;
  }
  return above ?? path;
}

/** Makes a rename outlast a power cut (fsync(2) on the folder); Windows can't, and does not need to. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
