import type { Trainable } from './experiment.ts';
import type { ExperimentData } from './samples.ts';
import type { TrainedModel } from './trained-model.ts';

/** The source of an experiment's figures: the current state of a run, or a trained model. */
export interface FigureSource {
  readonly experiment: Trainable;
  readonly trained: TrainedModel;
  readonly data: ExperimentData;
  /** The standard deviations for a detector's threshold, as in a recipe. */
  readonly deviations?: number | undefined;
}

/** A picture as SVG text, and its file name without an extension. */
export interface Figure {
  readonly name: string;
  readonly svg: string;
}

/** The name of the source in figures. Mentions stand-in data. */
export function subjectOf({ experiment: { title }, data }: FigureSource): string {
  return data.source === 'procedural' ? `${title} on the procedural stand-in` : title;
}
