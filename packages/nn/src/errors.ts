/** A file's bytes break the rules of its format. The message names the file and says what was found and expected. */
export class FileFormatError extends Error {
  override readonly name = 'FileFormatError';
}

/** A training whose numbers are none any more. The message names the step and the first operation that made a NaN or an infinity. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
}

/** Weights that do not fit a model. The message names the weight and both shapes. */
export class WeightsError extends Error {
  override readonly name = 'WeightsError';
}

/** Weights of the right shapes, but of other layers. The message names the first that differs. */
export class LayersError extends WeightsError {}
