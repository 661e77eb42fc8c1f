type Immediate = typeof setImmediate;
type Callback = (...args: unknown[]) => void;

/** Dawn's question is a nameless function of native code. */
const isDawns = (callback: Callback): boolean => callback.name === '' && `${callback}`.includes('[native code]');

let patient: Immediate | undefined;

/**
 * While one of its promises is pending, Dawn asks by `setImmediate`, again and again, whether it is settled: a loop that keeps a
 * core busy and makes garbage. A GPU doesn't mind, but a software driver computes on the same cores. From this call on
 * Dawn sleeps a millisecond after each question; everybody else's `setImmediate` stays as it was.
 */
export function pollPatiently(): void {
  const immediate = globalThis.setImmediate;
  if (immediate === patient) return;
  const choose = (callback: Callback, ...args: unknown[]) =>
    isDawns(callback) ? setTimeout(callback, 1, ...args) : immediate(callback, ...args);
  // With the symbol that util.promisify looks for.
  patient = Object.assign(choose, immediate) as unknown as Immediate;
  globalThis.setImmediate = patient;
}
