import { DataError } from './dataset.ts';

/**
 * Decodes the text of a file.
 *
 * @param name the file's name in errors
 * @throws DataError if its byte order mark says that it is UTF-16
 */
export function decodeText(bytes: Uint8Array, name: string): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new DataError(
      `${name} is UTF-16 text, as Windows PowerShell and Notepad's "Unicode" write it. Save it as UTF-8.`,
    );
  }
  return new TextDecoder().decode(bytes);
}
