import { proxy } from 'comlink';
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import {
  type KeptTraining,
  LAST,
  type LossPoint,
  type Phase,
  type TrainingEvent,
  type TrainingSettings,
} from '../../engine/api.ts';
import type { EngineClient } from '../../engine/client.ts';
import type { ExperimentInfo } from '../../engine/experiment-info.ts';
import { appended, MOST_POINTS, MOST_VALIDATIONS } from './loss-points.ts';

type Of<Type extends TrainingEvent['type']> = Extract<TrainingEvent, { type: Type }>;

/** Milliseconds between two renderings of progress: on a CPU, more renderings would delay what reaches the screen. */
const RENDER_INTERVAL = 400;

/** The training run as the page knows it. */
export interface TrainingView {
  readonly experiment: ExperimentInfo;
  readonly settings: TrainingSettings;
  readonly phase: Phase;
  /** What went wrong, in the phases `lost` and `failed`; the progress of the measurements, in the phase `tuning`. */
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
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(engine: EngineClient) {
    this.engine = engine;
    // The browser asks before it discards a run
    addEventListener('beforeunload', (event) => this.trained > 0 && event.preventDefault());
  }

  /** The run that an earlier visit left; undefined if there is none, or once this visit trains. */
  last(): Promise<KeptTraining | undefined> {
    this.lastRun ??= this.engine.keptTrainings().then((runs) => runs.find(({ name }) => name === LAST));
    return this.lastRun;
  }
  private lastRun: Promise<KeptTraining | undefined> | undefined;

  /** The experiments on the visitor's own data, by id; empty until the visitor drops some. */
  readonly own = new Map<string, ExperimentInfo>();

  /** Steps trained so far. */
  get trained(): number {
    return this.current?.progress?.step ?? 0;
  }

  get view(): TrainingView | undefined {
    return this.current;
  }

  /** Replaces the training run with a new one, at step 0, or with a kept one. */
  async prepare(experiment: ExperimentInfo, settings: TrainingSettings, kept?: KeptTraining): Promise<void> {
    const view: TrainingView = {
      experiment,
      settings,
      phase: 'preparing',
      message: undefined,
      data: undefined,
      progress: undefined,
      samples: undefined,
      curve: kept?.curve ?? [],
      validation: [],
    };
    this.current = view;
    this.render();
    const preparing = this.engine.prepareTraining(
      settings,
      proxy((event: TrainingEvent) => {
        if (this.current?.settings !== settings) return;
        this.current = after(this.current, event);
        // Once it trains, this run is the last one
        if (event.type === 'progress') this.lastRun = Promise.resolve(undefined);
        if (event.type === 'progress' || event.type === 'epoch') this.renderSoon();
        else this.render();
      }),
      { resume: kept?.name },
    );
    await preparing.catch((error: Error) => {
      this.current = { ...view, phase: 'failed', message: error.message };
      this.render();
    });
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private renderSoon(): void {
    this.timer ??= setTimeout(() => this.render(), RENDER_INTERVAL);
  }

  private render(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
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
      // A continued run reports its step without metrics before it trains: there is no point to add
      if (event.metrics.loss === undefined) return { ...view, progress: event };
      return { ...view, progress: event, curve: appended(view.curve, event, MOST_POINTS) };
    case 'epoch':
      return {
        ...view,
        validation: appended(view.validation, { step: event.step, metrics: event.validation }, MOST_VALIDATIONS),
      };
  }
}

export const TrainingContext = createContext<TrainingStore | undefined>(undefined);

/** The store; re-renders the component when training progresses. */
export function useTraining(): TrainingStore {
  return useStore(useContext(TrainingContext)!);
}

/** Like {@link useTraining}, for components outside the context. */
export function useStore(store: TrainingStore): TrainingStore {
  const [, render] = useState({});
  useEffect(() => store.subscribe(() => render({})), [store]);
  return store;
}
