type Immediate = typeof setImmediate;
type Callback = (...args: unknown[]) => void;

/** Dawn's poll is an anonymous native function. */
const isDawns = (callback: Callback): boolean => callback.name === '' && `${callback}`.includes('[native code]');

let patient: Immediate | undefined;

/**
 * While one of its promises is pending, Dawn polls it through `setImmediate`, in a loop that keeps a core busy and
 * makes garbage. That does not slow a GPU, but a software driver computes on the same cores. After this call, Dawn
 * sleeps a millisecond between polls; for all other callers `setImmediate` is unchanged.
 */
export function pollPatiently(): void {
  const immediate = globalThis.setImmediate;
  if (immediate === patient) return;
  const choose = (callback: Callback, ...args: unknown[]) =>
    isDawns(callback) ? setTimeout(callback, 1, ...args) : immediate(callback, ...args);
  // Keeps the symbol that util.promisify looks for.
  patient = Object.assign(choose, immediate) as unknown as Immediate;
  globalThis.setImmediate = patient;
}
