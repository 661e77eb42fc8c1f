import { type Device, isTuned, type Product, parseTuning, type Tuning, tune, tuningOf } from '@hourglass/tensor';
import manifest from '../../package.json' with { type: 'json' };

/** Seconds that the products of a training are measured for, at the most. */
const SECONDS = 15;
/** Where the browser keeps tunings, an entry an adapter. */
const STORE = 'hourglass-tuning';

const entryOf = (identity: string): string => `/tuning/${encodeURIComponent(`${identity} ${manifest.version}`)}`;

/** The tiles that this browser keeps for an adapter; none where it keeps none, or something else. */
export async function storedTuning(identity: string): Promise<Tuning> {
  try {
    const response = await (await caches.open(STORE)).match(entryOf(identity));
    return parseTuning(await response?.json()) ?? {};
  } catch {
    return {};
  }
}

/** Keeps them. Where the browser keeps nothing, as in private windows, the next visit measures again. */
export async function keepTuning(identity: string, tuning: Tuning): Promise<void> {
  const store = await caches.open(STORE).catch(() => undefined);
  await store?.put(entryOf(identity), Response.json(tuning)).catch(() => undefined);
}

/**
 * Measures those of the products that no tile is known for, on `device`, which should have no other work. Gives all tiles that are
 * known then.
 */
export async function withMeasured(
  known: Tuning,
  device: Device,
  products: readonly Product[],
  onProgress: (done: number, total: number) => void,
): Promise<Tuning> {
  const missing = products.filter((product) => !isTuned(known, product));
  if (missing.length === 0) return known;
  return { ...known, ...tuningOf(await tune(device, missing, { seconds: SECONDS, onProgress })) };
}
