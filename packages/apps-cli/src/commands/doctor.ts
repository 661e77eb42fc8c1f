import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultCacheDir, makeFolder } from '@hourglass/files';
import { type AdapterInfo, type Finding, probeAdapters } from '@hourglass/node';
import { commandLine, toUser } from '../io/paths.ts';
import { openAdapter } from '../model/adapter.ts';
import { systemReason } from '../usage/errors.ts';
import type { CommonOptions } from '../usage/options.ts';
import { listData, sizeOf } from './data.ts';

/** The output of `doctor --json`. */
export interface Diagnosis {
  /** Whether training is possible. */
  readonly ok: boolean;
  /** The adapter that training would use, or null. */
  readonly adapter: AdapterInfo | null;
  readonly findings: readonly Finding[];
}

const LEAST_NODE = [20, 11] as const;

/** Checks everything that training needs. Problems that it finds are reported, not thrown. */
export async function diagnose(options: CommonOptions): Promise<Diagnosis> {
  const { adapter: choice = 'auto', cacheDir = defaultCacheDir(process.env) } = options;
  const node = checkNode();
  const adapters = await probeAdapters({ cacheDir });
  const chosen = await openAdapter(choice, { cacheDir }).then(
    ({ info }) => info,
    (error: Error) => error,
  );
  const training: Finding =
    chosen instanceof Error
      ? { what: 'training', state: 'bad', detail: chosen.message }
      : { what: 'training', state: 'ok', detail: `runs on ${chosen.name} (--adapter ${choice})` };
  const data = await checkData(options);
  const findings = [node, ...adapters, await checkCache(cacheDir), ...data, training];
  const ok = [node, ...data, training].every(({ state }) => state !== 'bad');
  return { ok, adapter: chosen instanceof Error ? null : chosen, findings };
}

/** The diagnosis as text: the findings, and below each problem what to do. */
export function formatDiagnosis({ ok, findings }: Diagnosis): string {
  const marks = { ok: '✓', missing: '–', bad: '✗' };
  const width = Math.max(...findings.map(({ what }) => what.length));
  const lines = findings.flatMap(({ what, state, detail, fix }) => {
    const line = `${marks[state]} ${what.padEnd(width)}  ${detail}`;
    return fix === undefined ? [line] : [line, `${' '.repeat(width + 4)}→ ${fix}`];
  });
  const verdict = ok
    ? `Everything is ready. Try: ${commandLine('train', 'fashion')}`
    : 'Training is not possible yet; see the lines marked ✗ above.';
  return [...lines, '', verdict].join('\n');
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [leastMajor, leastMinor] = LEAST_NODE;
  const detail = `${process.version} on ${process.platform}-${process.arch}`;
  const recent = major > leastMajor || (major === leastMajor && minor >= leastMinor);
  if (recent) return { what: 'Node', state: 'ok', detail };
  return { what: 'Node', state: 'bad', detail, fix: `Install Node ${LEAST_NODE.join('.')} or newer.` };
}

async function checkCache(cacheDir: string): Promise<Finding> {
  const what = 'cache folder';
  const probe = join(cacheDir, `probe-${randomUUID()}`);
  try {
    await makeFolder(cacheDir);
    await writeFile(probe, '');
    await rm(probe);
    return { what, state: 'ok', detail: `${cacheDir} can be written` };
  } catch (error) {
    const detail = `${cacheDir} can't be written: ${systemReason(error)}`;
    return {
      what,
      state: 'missing',
      detail,
      fix: 'Choose another with --cache-dir; otherwise datasets are downloaded every time.',
    };
  }
}

/** The location of each dataset. A missing one is not a problem, unless --data was given and contains none of them. */
async function checkData(options: CommonOptions): Promise<Finding[]> {
  const { data, dataDir } = options;
  const listings = await listData(options);
  if (data !== undefined && listings.every(({ path }) => path === null)) {
    const fix = 'Give the file or folder of a dataset; `data list` lists them.';
    return [{ what: 'data', state: 'bad', detail: `${toUser(data)} contains none of the datasets`, fix }];
  }
  const searched = data ?? dataDir;
  return listings.map((listing): Finding => {
    const { id, path } = listing;
    if (path !== null) return { what: id, state: 'ok', detail: `in ${toUser(path)}` };
    const detail = `not downloaded yet${searched === undefined ? '' : `, and not in ${toUser(searched)}`}`;
    const fix = `\`train\` downloads it${sizeOf(listing)}, or give its location with --data-dir.`;
    return { what: id, state: 'missing', detail, fix };
  });
}
