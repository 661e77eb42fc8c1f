import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { AdapterInfo } from '../engine/api.ts';
import type { EngineClient } from '../engine/client.ts';

/** The engine, once its device is open. */
export interface ReadyEngine {
  readonly engine: EngineClient;
  readonly adapter: AdapterInfo;
}

export const EngineContext = createContext<ReadyEngine | undefined>(undefined);

/** The engine; pages render only once it is ready. */
export function useEngine(): ReadyEngine {
  return useContext(EngineContext)!;
}
