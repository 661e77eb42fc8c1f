import { proxy } from 'comlink';
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { ModelInfo } from '../engine/api.ts';
import { useEngine } from '../shell/engine.ts';

/** The loading state of a model. */
export type ModelState =
  | { readonly state: 'loading'; readonly fraction: number | undefined }
  | { readonly state: 'missing' }
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'ready'; readonly model: ModelInfo };

/** Loads an experiment's model; `reload` loads it again, for example after other weights were dropped. */
export function useModel(experiment: string): ModelState & { readonly reload: () => void } {
  const { engine } = useEngine();
  const [state, setState] = useState<ModelState>({ state: 'loading', fraction: undefined });
  const [attempt, setAttempt] = useState(0);
  // Each attempt loads the model again
  useEffect(() => {
    let current = true;
    const set = (next: ModelState) => current && setState(next);
    set({ state: 'loading', fraction: undefined });
    // Progress uses a separate port, so it may arrive after the model.
    const progress = proxy(
      (received: number, total: number) =>
        current && setState((now) => (now.state === 'loading' ? { ...now, fraction: received / total } : now)),
    );
    engine.load(experiment, progress).then(
      (model) => set({ state: 'ready', model }),
      (error: Error) =>
        set(error.name === 'MissingFile' ? { state: 'missing' } : { state: 'failed', message: error.message }),
    );
    return () => {
      current = false;
    };
  }, [engine, experiment, attempt]);
  return { ...state, reload: useCallback(() => setAttempt((n) => n + 1), []) };
}
