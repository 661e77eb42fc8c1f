import { type Remote, wrap } from 'comlink';
import type { Engine } from './api.ts';

export type EngineClient = Remote<Engine>;

/** The worker that owns the device, as the page sees it. */
export function startEngine(): EngineClient {
  return wrap<Engine>(new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }));
}
