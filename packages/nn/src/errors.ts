/** A file's bytes break the rules of its format. The message names the file and says what was found and expected. */
export class FileFormatError extends Error {
  override readonly name = 'FileFormatError';
}
