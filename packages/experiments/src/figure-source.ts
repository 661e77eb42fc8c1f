import type { Trainable } from './experiment.ts';
import type { ExperimentData } from './samples.ts';
import type { TrainedModel } from './trained-model.ts';

/** What an experiment's figures are drawn of: a run as it stands, or a model that was trained before. */
export interface FigureSource {
  readonly experiment: Trainable;
  readonly trained: TrainedModel;
  readonly data: ExperimentData;
  /** Of a detector's threshold, as in a recipe. */
  readonly deviations?: number | undefined;
}

/** A picture as SVG text, and the name of its file without an ending. */
export interface Figure {
  readonly name: string;
  readonly svg: string;
}

/** What figures call their source; says so if the data are not the real ones. */
export function subjectOf({ experiment: { title }, data }: FigureSource): string {
  return data.source === 'procedural' ? `${title} on the procedural stand-in` : title;
}
