import type { ExperimentData, Trainable } from '@hourglass/experiments';

/** An experiment on the visitor's own data, proposed for them. */
export interface OwnExperiment {
  readonly experiment: Trainable;
  readonly data: ExperimentData;
  /** Describes the data and the choices to the visitor, without a full stop. */
  readonly description: string;
}
