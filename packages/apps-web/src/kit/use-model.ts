import { proxy } from 'comlink';
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { ModelInfo } from '../engine/api.ts';
import { useEngine } from '../shell/engine.ts';

/** Where a model stands on its way to the page. */
export type ModelState =
  | { readonly state: 'loading'; readonly fraction: number | undefined }
  | { readonly state: 'missing' }
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'ready'; readonly model: ModelInfo };

/** Makes an experiment's model ready; `reload` asks for it again, as after other weights were dropped. */
export function useModel(experiment: string): ModelState & { readonly reload: () => void } {
  const { engine } = useEngine();
  const [state, setState] = useState<ModelState>({ state: 'loading', fraction: undefined });
  const [attempt, setAttempt] = useState(0);
  // Another attempt is another load
  useEffect(() => {
    let current = true;
    const set = (next: ModelState) => current && setState(next);
    set({ state: 'loading', fraction: undefined });
    // It comes by a port of its own, and may arrive after the model.
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
