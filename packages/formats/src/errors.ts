/** A model that the format of another library can't represent. The message names the layer. */
export class ExportError extends Error {
  override readonly name = 'ExportError';
}
