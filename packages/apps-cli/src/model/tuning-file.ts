import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultCacheDir, makeFolder } from '@hourglass/files';
import type { OpenAdapter } from '@hourglass/node';
import { parseTuning, type Tuning } from '@hourglass/tensor';
import manifest from '../../package.json' with { type: 'json' };
import { toUser } from '../io/paths.ts';
import { writeWhole } from '../io/write-whole.ts';
import { systemReason } from '../usage/errors.ts';

/** What a tuning is valid for: other drivers compile differently, and other engines compute differently. */
interface TunedFor {
  readonly adapter: string;
  readonly driver: string;
  readonly engine: string;
}

/** The tuning of one adapter in the cache folder. */
export class TuningFile {
  readonly path: string;
  private readonly holdsFor: TunedFor;

  constructor({ adapter, info }: OpenAdapter, cacheDir = defaultCacheDir(process.env)) {
    const { vendor, architecture, description } = adapter.info;
    const driver = [vendor, architecture, description].join(' ');
    this.holdsFor = { adapter: info.name, driver, engine: manifest.version };
    const name = createHash('sha256').update(JSON.stringify(this.holdsFor)).digest('hex').slice(0, 16);
    this.path = join(cacheDir, 'tuning', `${name}.json`);
  }

  /**
   * The stored tiles; none if the file is missing, damaged or from another adapter. In the last two cases, `noted` is
   * called.
   */
  async read(noted: (sentence: string) => void): Promise<Tuning> {
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') noted(`The tuning ${toUser(this.path)} can't be read: ${systemReason(error)}.`);
      return undefined;
    });
    if (text === undefined) return {};
    const { products, reason } = this.parse(text);
    if (products === undefined) noted(`The tuning ${toUser(this.path)} is ignored: ${reason}.`);
    return products ?? {};
  }

  /** Writes the measured tiles. If the folder can't be written, the next run has no tuning, and `noted` is called. */
  async write(products: Tuning, noted: (sentence: string) => void): Promise<void> {
    try {
      await makeFolder(join(this.path, '..'));
      await writeWhole(this.path, `${JSON.stringify({ ...this.holdsFor, products }, null, 2)}\n`);
    } catch (error) {
      noted(`The tuning can't be stored in ${toUser(this.path)}: ${systemReason(error)}.`);
    }
  }

  private parse(text: string): { readonly products?: Tuning; readonly reason?: string } {
    let value: Partial<TunedFor> & { readonly products?: unknown };
    try {
      value = JSON.parse(text);
    } catch {
      return { reason: 'it is not JSON' };
    }
    const products = parseTuning(value?.products);
    if (products === undefined) return { reason: 'it contains no tiles that the kernels support' };
    const { adapter, driver, engine } = this.holdsFor;
    if (value.adapter !== adapter || value.driver !== driver || value.engine !== engine)
      return { reason: `it is for ${value.adapter} (${value.driver}), engine ${value.engine}` };
    return { products };
  }
}
