import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { WORKS, type Work } from '@hourglass/experiments';
import { type AdapterInfo, adapterForOthers } from '@hourglass/node';
import { type Device, DeviceError } from '@hourglass/tensor';
import { measureWork, type Row } from '../bench/measure.ts';
import { findPeers } from '../bench/peers.ts';
import { profileTable, profileWork } from '../bench/profile.ts';
import { measureReadBack, type ReadBack, readBackTable } from '../bench/read-back.ts';
import { writeReport } from '../bench/report.ts';
import type { BenchResult, ProfileResult, ReadBackResult, ScalingResult } from '../bench/results.ts';
import { measureScaling, scalingTable } from '../bench/scaling.ts';
import { figures, formatText, LEGEND, timingTable } from '../bench/table.ts';
import type { Messages } from '../io/messages.ts';
import { OutputFolder } from '../io/output-folder.ts';
import { toUser } from '../io/paths.ts';
import { UsageError } from '../usage/errors.ts';
import { unknownWord } from '../usage/nearest-word.ts';
import type { CommonOptions } from '../usage/options.ts';
import { openTunedDevice, type TuningOptions } from './tune.ts';

export interface BenchOptions extends CommonOptions, TuningOptions {
  /** Ids of works; default: all. */
  readonly work?: readonly string[] | undefined;
  /** Batch sizes; for matmul, rows. Default: each work's own. */
  readonly batch?: readonly number[] | undefined;
  readonly rounds: number;
  /** Seconds per round and library. */
  readonly seconds: number;
  /** The folder of the peers; false: none. */
  readonly peers?: string | false | undefined;
  readonly profile?: boolean | undefined;
  readonly readBack?: boolean | undefined;
  readonly scaling?: boolean | undefined;
  /** The folder for a report of all measurements. */
  readonly report?: string | undefined;
}

/**
 * Runs the measurements that the options select; by default, works with our engine and with every installed peer.
 * Returns the result for `--json`, and the same as text.
 * @throws NoAdapterError, UsageError, OutputError
 */
export async function bench(
  options: BenchOptions,
  messages: Messages,
): Promise<{ readonly result: object; readonly text: string }> {
  const works = chosenWorks(options);
  const { device, info } = await openTunedDevice(
    { ...options, experiments: works.length },
    (fresh) => works.flatMap(({ work, size }) => work.products(fresh, size)),
    messages,
  );
  const context: Context = { options, messages, works, device, info };
  try {
    return await measure(context);
  } finally {
    messages.clear();
    device.destroy();
  }
}

interface Context {
  readonly options: BenchOptions;
  readonly messages: Messages;
  readonly works: readonly ChosenWork[];
  readonly device: Device;
  readonly info: AdapterInfo;
}

interface ChosenWork {
  readonly work: Work;
  readonly size: number;
}

async function measure(context: Context): Promise<{ readonly result: object; readonly text: string }> {
  const { options } = context;
  if (options.report !== undefined) {
    const folder = new OutputFolder(options.report, '--report');
    await folder.make(); // before measuring for hours
    const timing = await timeWorks(context);
    const readBack = await timeReadBack(context);
    const profile = await profileKernels(context);
    const scaling = await timeScaling(context);
    await writeReport(folder, { timing, readBack, profile, scaling });
    const { files } = folder;
    return { result: { timing, readBack, profile, scaling, files }, text: files.map(toUser).join('\n') };
  }
  if (options.profile) {
    const result = await profileKernels(context);
    return { result, text: formatProfile(result) };
  }
  if (options.readBack) {
    const result = await timeReadBack(context);
    return { result, text: `Training on ${result.adapter}:\n${formatText(readBackTable(result.trainings))}` };
  }
  if (options.scaling) {
    const result = await timeScaling(context);
    return { result, text: `Time per sample on ${result.adapter}:\n${formatText(scalingTable(result.points))}` };
  }
  const result = await timeWorks(context);
  return { result, text: formatTiming(result) };
}

async function timeWorks({ options, messages, works, device, info }: Context): Promise<BenchResult> {
  const folder = options.peers === false ? undefined : (options.peers ?? peersOfCheckout());
  const { found, missing } = folder === undefined ? { found: [], missing: [] } : await findPeers(folder);
  const rows: Row[] = [];
  const peers = { found, folder: folder ?? '', adapter: await adapterForOthers(info, options) };
  for (const { work, size } of works) {
    const onProgress = (library: string) => messages.transient(`${work.name} ${size}: ${library} …`);
    const measured = await measureWork(device, work, size, peers, options, onProgress);
    messages.line(...measured.map(formatRow)); // everything may take an hour: the user should see the progress
    rows.push(...measured);
  }
  return { adapter: info.name, rows, missing };
}

async function profileKernels({ options, messages, works, device, info }: Context): Promise<ProfileResult> {
  const profiled = [];
  for (const { work, size } of works) {
    messages.transient(`${work.name} ${size}: kernels …`);
    const kernels = await fitting(() => profileWork(device, work, size, options.rounds));
    if (kernels !== undefined) profiled.push({ name: work.name, size, kernels });
  }
  return { adapter: info.name, works: profiled };
}

async function timeReadBack({ options, messages, works, device, info }: Context): Promise<ReadBackResult> {
  const trainings: ReadBack[] = [];
  // The smallest batch of each training runs the most steps per second, so stalls show most.
  const smallest = works.filter(({ work }, i) => works.findIndex((other) => other.work === work) === i);
  for (const { work, size } of smallest) {
    const { name, experiment } = work;
    if (experiment === undefined) continue;
    messages.transient(`${name} ${size}: with and without the progress line …`);
    const training = await fitting(() => measureReadBack(device, experiment, size, options));
    if (training !== undefined) trainings.push(training);
  }
  return { adapter: info.name, trainings };
}

async function timeScaling({ options, messages, device, info }: Context): Promise<ScalingResult> {
  const points = await measureScaling(device, options, (text) => messages.transient(`${text} …`));
  return { adapter: info.name, points };
}

/** The result; undefined if the work does not fit on the adapter: the table of works gives the reason. */
async function fitting<Result>(action: () => Promise<Result>): Promise<Result | undefined> {
  return action().catch((error: unknown) => {
    if (error instanceof DeviceError) return undefined;
    throw error;
  });
}

/** The works in the sizes that the options name. @throws UsageError for an unknown work */
function chosenWorks({ work: ids, batch }: BenchOptions): ChosenWork[] {
  const chosen = ids?.map((word) => {
    const work = WORKS.find(({ id, name }) => word.toUpperCase() === id || word === name);
    if (work !== undefined) return work;
    throw new UsageError(
      unknownWord(
        '--work',
        word,
        WORKS.flatMap(({ id, name }) => [id, name]),
      ),
    );
  });
  return (chosen ?? WORKS).flatMap((work) => (batch ?? work.sizes).map((size) => ({ work, size })));
}

/** In a checkout, the peers are in a known folder next to the packages. */
function peersOfCheckout(): string | undefined {
  const folder = join(import.meta.dirname, '../../../bench/peers');
  return existsSync(folder) ? folder : undefined;
}

function formatRow({ name, size, library, result }: Row): string {
  return `${name} ${size}, ${library}: ${'error' in result ? result.error : `${figures(result.milliseconds.median)} ms`}`;
}

function formatTiming({ adapter, rows, missing }: BenchResult): string {
  return [
    `Steps on ${adapter}, reading the loss back after each:`,
    formatText(timingTable(rows)),
    ...LEGEND,
    ...missing.map(({ peer, reason, remedy }) => `Without ${peer}: ${reason}. To install it: ${remedy}.`),
  ].join('\n');
}

function formatProfile({ adapter, works }: ProfileResult): string {
  return [
    `Kernels on ${adapter}, each timed separately:`,
    ...works.map(({ name, size, kernels }) => `\n${name} ${size}\n${formatText(profileTable(kernels))}`),
  ].join('\n');
}
