import { proxy } from 'comlink';
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Metrics, Phase, TrainingEvent, TrainingSettings } from '../../engine/api.ts';
import type { EngineClient } from '../../engine/client.ts';

type Of<Type extends TrainingEvent['type']> = Extract<TrainingEvent, { type: Type }>;

/** A point of the loss curves. */
export interface LossPoint {
  readonly step: number;
  readonly metrics: Metrics;
}

/** The training run as the page knows it. */
export interface TrainingView {
  readonly settings: TrainingSettings;
  readonly phase: Phase;
  /** What went wrong, in phases `lost` and `failed`. */
  readonly message: string | undefined;
  readonly data: Of<'data'> | undefined;
  readonly progress: Of<'progress'> | undefined;
  readonly samples: Of<'samples'> | undefined;
  /** Means over the steps between two reports, and means of the validation after each epoch. */
  readonly curve: readonly LossPoint[];
  readonly validation: readonly LossPoint[];
}

/** Stores the worker's reports on training, so that training continues while the visitor views other pages. */
export class TrainingStore {
  private readonly engine: EngineClient;
  private current: TrainingView | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(engine: EngineClient) {
    this.engine = engine;
  }

  get view(): TrainingView | undefined {
    return this.current;
  }

  /** Replaces the training run with a new one, at step 0. */
  async prepare(settings: TrainingSettings): Promise<void> {
    const view: TrainingView = {
      settings,
      phase: 'preparing',
      message: undefined,
      data: undefined,
      progress: undefined,
      samples: undefined,
      curve: [],
      validation: [],
    };
    this.set(view);
    await this.engine.prepareTraining(
      settings,
      proxy((event: TrainingEvent) => {
        if (this.current?.settings === settings) this.set(after(this.current, event));
      }),
    );
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private set(view: TrainingView): void {
    this.current = view;
    for (const listener of this.listeners) listener();
  }
}

function after(view: TrainingView, event: TrainingEvent): TrainingView {
  switch (event.type) {
    case 'phase':
      return { ...view, phase: event.phase, message: event.message };
    case 'data':
      return { ...view, data: event };
    case 'samples':
      return { ...view, samples: event };
    case 'progress':
      return { ...view, progress: event, curve: appended(view.curve, event.step, event.metrics) };
    case 'epoch':
      return { ...view, validation: appended(view.validation, event.step, event.validation) };
  }
}

/** After a lost device, some steps run again; their old points are removed. */
function appended(curve: readonly LossPoint[], step: number, metrics: Metrics): LossPoint[] {
  return [...curve.filter((point) => point.step < step), { step, metrics }];
}

export const TrainingContext = createContext<TrainingStore | undefined>(undefined);

/** The store; re-renders the component when training progresses. */
export function useTraining(): TrainingStore {
  const store = useContext(TrainingContext)!;
  const [, render] = useState({});
  useEffect(() => store.subscribe(() => render({})), [store]);
  return store;
}
