import type { ImageForm } from '@hourglass/datasets';
import {
  type Detector,
  type FittedWeights,
  fitDetector,
  fitImages,
  IMAGE_IDS,
  isGenerative,
  SERIES_ID,
  type WeightsFile,
} from '@hourglass/experiments';

/** The experiments on the visitor's own data. */
export const OWN_IDS: readonly string[] = [...IMAGE_IDS, SERIES_ID];

/** A model and, if it is for the visitor's own data, the description of the data that is stored with the weights. */
export interface FittedModel {
  readonly fitted: FittedWeights;
  /** Whether a code drawn from N(0, 1) decodes to a new sample. */
  readonly generates: boolean;
  /** The form of the images, if the model is for images. */
  readonly form?: ImageForm;
  readonly detector?: Detector;
}

/**
 * Fits weights to an experiment on the visitor's own data.
 *
 * @throws WeightsError if the files contain no model of this experiment
 */
export function fitOwn(id: string, files: readonly WeightsFile[]): FittedModel {
  if (id === SERIES_ID) return { ...fitDetector(files), generates: false };
  const { fitted, description, experiment } = fitImages(id, files);
  return { fitted, form: description, generates: isGenerative(experiment) };
}
