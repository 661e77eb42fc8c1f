import { EXPERIMENTS, productsOfStep } from '@hourglass/experiments';
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
import { type AdapterChoice, type AdapterInfo, type OpenAdapter, requestAdapter } from '@hourglass/tensor/node';
import { figures, formatText } from './bench/table.ts';
import { findExperiment } from './find-experiment.ts';
import type { Messages } from './messages.ts';
import type { CommonOptions } from './options.ts';
import { toUser } from './paths.ts';
import { sizeOf } from './run-settings.ts';
import { TuningFile } from './tuning-file.ts';

/** Seconds that the products of an experiment are measured for, at the most. */
const SECONDS = { hardware: 15, software: 60 };

export interface TuneOptions extends CommonOptions {
  readonly batch?: number | undefined;
  readonly size?: number | undefined;
}

/** What `tune --json` writes. */
export interface TuneResult {
  readonly adapter: string;
  readonly file: string;
  readonly experiments: readonly ExperimentTuning[];
}

interface ExperimentTuning {
  readonly experiment: string;
  readonly batch: number;
  /** How many products a step has; those beyond the measured ones take the tiles of the table. */
  readonly products: number;
  readonly measured: readonly MeasuredProduct[];
  readonly seconds: number;
}

interface MeasuredProduct extends Omit<TunedProduct, 'product'> {
  readonly product: string;
}

/**
 * Measures the products of one experiment, or of all, on this adapter, and keeps the fastest tiles.
 * @throws UsageError, NoAdapterError
 */
export async function tuneExperiments(
  id: string | undefined,
  options: TuneOptions,
  messages: Messages,
): Promise<TuneResult> {
  const experiments = id === undefined ? [...EXPERIMENTS.values()] : [findExperiment(id)];
  const results: ExperimentTuning[] = [];
  // Experiments share layers.
  const behind = new Map<string, TunedProduct>();
  let opened: OpenAdapter | undefined;
  for (const experiment of experiments) {
    const { report } = experiment.presets;
    const batchSize = options.batch ?? report.batchSize;
    const size = options.size ?? sizeOf(experiment, report);
    opened = await requestAdapter(options.adapter, options);
    const begun = performance.now();
    const file = new TuningFile(opened, options.cacheDir);
    const training = { batchSize, ...(size === undefined ? {} : { size }) };
    const { products, tuned } = await measure(opened, (device) => productsOfStep(device, experiment, training), {
      title: experiment.id,
      choose: (all) => all.filter((product) => !behind.has(productKey(product))),
      messages,
    });
    for (const each of tuned) behind.set(productKey(each.product), each);
    const note = (sentence: string) => messages.line(sentence);
    await file.write({ ...(await file.read(note)), ...tuningOf(tuned) }, note);
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

/** The result for people. */
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
  return [`Products tuned on ${adapter}:`, formatText([titles, ...rows]), `kept in ${toUser(file)}`].join('\n');
}

/** How a command comes by the tiles of its products. */
export interface TuningOptions {
  readonly adapter?: AdapterChoice | undefined;
  readonly cacheDir?: string | undefined;
  /** Measure what is not known yet, where the adapter is hardware. Default: on. */
  readonly tune?: 'on' | 'off' | undefined;
  /** How many experiments the products are of. Default: one. */
  readonly experiments?: number;
}

/**
 * A device with the tiles that are kept for this adapter. On hardware, products that were never measured there are measured first,
 * which a line says. `list` gives the products that the command computes.
 * @throws NoAdapterError if no adapter fits
 */
export async function openTunedDevice(
  { adapter: choice, cacheDir, tune: mode = 'on', experiments = 1 }: TuningOptions,
  list: (device: Device) => readonly Product[],
  messages: Messages,
): Promise<{ readonly device: Device; readonly info: AdapterInfo; readonly tuning: Tuning }> {
  const opened = await requestAdapter(choice, { cacheDir });
  const { info } = opened;
  const note = (sentence: string) => messages.line(sentence);
  const file = new TuningFile(opened, cacheDir);
  let known = mode === 'off' ? {} : await file.read(note);
  let products: readonly Product[] = [];
  if (mode === 'on' && (info.kind === 'hardware' || Object.keys(known).length > 0)) {
    const seconds = experiments * SECONDS[info.kind];
    const missing = (all: readonly Product[]) => all.filter((product) => !isTuned(known, product));
    const measured = await measure(opened, list, {
      messages,
      choose: info.kind === 'hardware' ? missing : () => [],
      seconds,
      notice: `Tuning the kernels for ${info.name}, once: at most ${seconds} s (--tune off skips it).`,
    });
    products = measured.products;
    if (measured.tuned.length > 0) {
      known = { ...(await file.read(() => {})), ...tuningOf(measured.tuned) };
      await file.write(known, note);
    }
  }
  // The adapter has made its one device for the tuning.
  const { adapter } = await requestAdapter(choice, { cacheDir });
  const device = await Device.create(adapter, info.kind, { tuning: known });
  const used = products.flatMap((product) => {
    const tile = tunedTile(known, product);
    return tile === undefined ? [] : [[productKey(product), tile] as const];
  });
  return { device, info, tuning: Object.fromEntries(used) };
}

interface Measuring {
  readonly messages: Messages;
  readonly title?: string;
  readonly seconds?: number;
  /** Which of the products are measured. Default: all. */
  readonly choose?: (products: readonly Product[]) => readonly Product[];
  /** Said before the first is measured. */
  readonly notice?: string;
}

/** Lists products, and measures those that are chosen, on a device that is destroyed afterwards. */
async function measure(
  { adapter, info }: OpenAdapter,
  list: (device: Device) => readonly Product[],
  { messages, title = 'tuning', seconds = SECONDS[info.kind], choose = (all) => all, notice }: Measuring,
) {
  const device = await Device.create(adapter, info.kind);
  try {
    const products = list(device);
    const chosen = choose(products);
    if (chosen.length > 0 && notice !== undefined) messages.line(notice);
    const tuned = await tune(device, chosen, {
      seconds,
      onProgress: (done, total) => messages.transient(`${title}: ${done} of ${total} products …`),
    });
    return { products, tuned };
  } finally {
    messages.clear();
    device.destroy();
  }
}
