/** A file's bytes violate its format. The message names the file, and says what was found and what was expected. */
export class FileFormatError extends Error {
  override readonly name = 'FileFormatError';
}

/** Training has produced a NaN or an infinity. The message names the step and the first operation that produced one. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
}

/** Weights that do not fit a model. The message names the weight and both shapes. */
export class WeightsError extends Error {
  override readonly name: string = 'WeightsError';
}

/** Weights with the right shapes that belong to different layers. The message names the first layer that differs. */
export class LayersError extends WeightsError {
  override readonly name = 'LayersError';
}
