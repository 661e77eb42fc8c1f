/** A model that another library's format can't hold. The message names the layer. */
export class ExportError extends Error {
  override readonly name = 'ExportError';
}
