import { DataError } from './dataset.ts';

/**
 * The text of a file.
 *
 * @param name how to call the file in errors
 * @throws DataError if it is UTF-16, by the mark at its beginning
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
