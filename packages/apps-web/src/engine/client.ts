import { type Remote, wrap } from 'comlink';
import type { Engine } from './api.ts';

export type EngineClient = Remote<Engine>;

/** Starts the worker that owns the device; returns the page's proxy for it. */
export function startEngine(): EngineClient {
  return wrap<Engine>(new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }));
}
