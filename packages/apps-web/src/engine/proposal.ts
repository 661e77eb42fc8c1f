import type { ImageForm } from '@hourglass/datasets';
import type { ExperimentData, Samples, Trainable } from '@hourglass/experiments';

/** The visitor's own data, with the experiments for it. */
export interface Proposal {
  /** The first is the one proposed; the others train on the same data. */
  readonly experiments: readonly Trainable[];
  readonly data: ExperimentData;
  /** Describes the data and the choices to the visitor, without a full stop. */
  readonly description: string;
  readonly files: readonly File[];
  /** Reads all images, of both splits, in any form; undefined if the data has no images. */
  readonly images?: (form: ImageForm) => Promise<Samples>;
}
