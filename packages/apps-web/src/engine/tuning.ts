import { type Device, isTuned, type Product, parseTuning, type Tuning, tune, tuningOf } from '@hourglass/tensor';
import { version } from '../../package.json';

/** Maximum seconds for measuring the matrix products of a training run. */
const SECONDS = 15;
/** The browser's cache of tunings, with one entry per adapter. */
const STORE = 'hourglass-tuning';

const entryOf = (identity: string): string => `/tuning/${encodeURIComponent(`${identity} ${version}`)}`;

/** The tiles that this browser has stored for an adapter; empty if it has stored nothing valid. */
export async function storedTuning(identity: string): Promise<Tuning> {
  try {
    const response = await (await caches.open(STORE)).match(entryOf(identity));
    return parseTuning(await response?.json()) ?? {};
  } catch {
    return {};
  }
}

/** Stores an adapter's tiles. If the browser stores nothing, as in private windows, the next visit measures again. */
export async function keepTuning(identity: string, tuning: Tuning): Promise<void> {
  const store = await caches.open(STORE).catch(() => undefined);
  await store?.put(entryOf(identity), Response.json(tuning)).catch(() => undefined);
}

/**
 * Measures the products without a known tile on `device`, which should have no other work. Returns the known tiles and
 * the new ones.
 */
export async function withMeasured(
  known: Tuning,
  device: Device,
  products: readonly Product[],
  onProgress: (done: number, total: number) => void,
): Promise<Tuning> {
  const missing = products.filter((product) => !isTuned(known, product));
  if (missing.length === 0) return known;
  const tuned = await tune(device, missing, { seconds: SECONDS, onProgress });
  return { ...known, ...tuningOf(device, missing, tuned) };
}
