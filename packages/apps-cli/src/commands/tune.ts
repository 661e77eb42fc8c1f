import { EXPERIMENTS, productsOfStep } from '@hourglass/experiments';
import type { AdapterChoice, AdapterInfo, OpenAdapter } from '@hourglass/node';
import {
  Device,
  isTuned,
  type Product,
  productKey,
  type TunedProduct,
  type Tuning,
  tune,
  tunedTile,
  tuningOf,
} from '@hourglass/tensor';
import { figures, formatText } from '../bench/table.ts';
import type { Messages } from '../io/messages.ts';
import { toUser } from '../io/paths.ts';
import { openAdapter } from '../model/adapter.ts';
import { TuningFile } from '../model/tuning-file.ts';
import { checkOptions, imageSizeOf } from '../run/settings.ts';
import { findExperiment } from '../usage/find-experiment.ts';
import type { CommonOptions } from '../usage/options.ts';

/** The maximum seconds for measuring the products of an experiment. */
const SECONDS = { hardware: 15, software: 60 };

export interface TuneOptions extends CommonOptions {
  readonly batch?: number | undefined;
  readonly size?: number | undefined;
}

/** The output of `tune --json`. */
export interface TuneResult {
  readonly adapter: string;
  readonly file: string;
  readonly experiments: readonly ExperimentTuning[];
}

interface ExperimentTuning {
  readonly experiment: string;
  readonly batch: number;
  /** The number of products in a step. If time runs out, not all are measured. */
  readonly products: number;
  readonly measured: readonly MeasuredProduct[];
  readonly seconds: number;
}

interface MeasuredProduct extends Omit<TunedProduct, 'product'> {
  readonly product: string;
}

/**
 * Measures the products of one experiment, or of all, on this adapter, and stores the fastest tiles.
 * @throws UsageError, NoAdapterError
 */
export async function tuneExperiments(
  id: string | undefined,
  options: TuneOptions,
  messages: Messages,
): Promise<TuneResult> {
  const experiments = id === undefined ? [...EXPERIMENTS.values()] : [findExperiment(id)];
  const results: ExperimentTuning[] = [];
  // The products measured so far: experiments share layers, so each product is measured only once.
  const behind = new Map<string, TunedProduct>();
  let opened: OpenAdapter | undefined;
  for (const experiment of experiments) {
    const { report } = experiment.presets;
    const batchSize = options.batch ?? report.batchSize;
    // When tuning all experiments, those with a fixed image size keep it.
    const given = id === undefined && experiment.imageSizes === undefined ? undefined : options.size;
    checkOptions(experiment, { size: given });
    const size = given ?? imageSizeOf(experiment, report);
    opened = await openAdapter(options.adapter, options);
    const begun = performance.now();
    const file = new TuningFile(opened, options.cacheDir);
    const training = { batchSize, ...(size === undefined ? {} : { size }) };
    const note = (sentence: string) => messages.line(sentence);
    const stored = await file.read(note);
    const device = await Device.create(opened.adapter, opened.info.kind, { tuning: stored });
    const products = productsOfStep(device, experiment, training);
    const left = products.filter((product) => !behind.has(productKey(product)));
    const seconds = SECONDS[opened.info.kind] - (performance.now() - begun) / 1000;
    const tuned = await measure(device, left, { title: experiment.id, seconds, messages });
    for (const each of tuned) behind.set(productKey(each.product), each);
    await file.write({ ...stored, ...tuningOf(device, left, tuned) }, note);
    results.push({
      experiment: experiment.id,
      batch: batchSize,
      products: products.length,
      measured: products.flatMap((product) => {
        const key = productKey(product);
        return behind.has(key) ? [{ ...behind.get(key)!, product: key }] : [];
      }),
      seconds: (performance.now() - begun) / 1000,
    });
  }
  const { info, adapter } = opened!;
  return { adapter: info.name, file: new TuningFile({ adapter, info }, options.cacheDir).path, experiments: results };
}

/** The result as text. */
export function formatTuning({ adapter, file, experiments }: TuneResult): string {
  const rows = experiments.map(({ experiment, batch, products, measured, seconds }) => {
    const sum = (which: 'milliseconds' | 'usual') => measured.reduce((total, product) => total + product[which], 0);
    return [
      experiment,
      String(batch),
      `${measured.length} of ${products}`,
      String(measured.filter(({ milliseconds, usual }) => milliseconds < usual).length),
      figures(sum('usual')),
      figures(sum('milliseconds')),
      figures(seconds),
    ];
  });
  const titles = ['experiment', 'batch', 'measured', 'changed', 'ms before', 'ms now', 'took s'];
  return [`Products tuned on ${adapter}:`, formatText([titles, ...rows]), `stored in ${toUser(file)}`].join('\n');
}

/** How a command gets the tiles of its products. */
export interface TuningOptions {
  readonly adapter?: AdapterChoice | undefined;
  readonly cacheDir?: string | undefined;
  /** Whether unknown products are measured if the adapter is hardware. Default: on. */
  readonly tune?: 'on' | 'off' | undefined;
  /** The number of experiments that the products belong to. Default: one. */
  readonly experiments?: number;
}

/**
 * Opens a device with the tiles that are stored for this adapter. On hardware, products that were never measured there
 * are measured first, and a line announces it. `list` returns the products of the command; `opened` is the adapter, if
 * the caller has already opened it.
 * @throws NoAdapterError if no adapter fits
 */
export async function openTunedDevice(
  { adapter: choice, cacheDir, tune: mode = 'on', experiments = 1 }: TuningOptions,
  list: (device: Device) => readonly Product[],
  messages: Messages,
  opened?: OpenAdapter,
): Promise<{ readonly device: Device; readonly info: AdapterInfo; readonly tuning: Tuning }> {
  const first = opened ?? (await openAdapter(choice, { cacheDir }));
  const { info } = first;
  const note = (sentence: string) => messages.line(sentence);
  const file = new TuningFile(first, cacheDir);
  const known = mode === 'on' ? await file.read(note) : {};
  const device = await Device.create(first.adapter, info.kind, { tuning: known });
  if (mode === 'off' || (info.kind === 'software' && Object.keys(known).length === 0))
    return { device, info, tuning: {} };

  const products = list(device);
  const missing = info.kind === 'hardware' ? products.filter((product) => !isTuned(known, product)) : [];
  if (missing.length === 0) return { device, info, tuning: tilesOf(known, products) };
  const seconds = experiments * SECONDS.hardware;
  note(`Tuning the kernels for ${info.name}, only this once: at most ${seconds} s (--tune off skips it).`);
  const tuned = await measure(device, missing, { title: 'tuning', seconds, messages });
  const tuning = { ...(await file.read(() => {})), ...known, ...tuningOf(device, missing, tuned) };
  await file.write(tuning, note);
  // A separate device leaves no candidates behind, and an adapter creates only one device.
  const { adapter } = await openAdapter(choice, { cacheDir });
  return {
    device: await Device.create(adapter, info.kind, { tuning }),
    info,
    tuning: tilesOf(tuning, products),
  };
}

/** The known tiles of some products. */
function tilesOf(tuning: Tuning, products: readonly Product[]): Tuning {
  const known = products.flatMap((product) => {
    const tile = tunedTile(tuning, product);
    return tile === undefined ? [] : [[productKey(product), tile] as const];
  });
  return Object.fromEntries(known);
}

/** Measures products, showing progress, and destroys the device. */
async function measure(
  device: Device,
  products: readonly Product[],
  { title, seconds, messages }: { readonly title: string; readonly seconds: number; readonly messages: Messages },
): Promise<TunedProduct[]> {
  try {
    return await tune(device, products, {
      seconds,
      onProgress: (done, total) => messages.transient(`${title}: ${done} of ${total} products …`),
    });
  } finally {
    messages.clear();
    device.destroy();
  }
}
