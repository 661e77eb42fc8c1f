import { parseTar } from 'nanotar';

/** Every archive ends with this many zeros, or more. */
const END = 1024;

/**
 * The regular files of a tar archive. Paths of more than 100 characters may lose their first folders. A page loads this
 * module only when an archive is dropped on it, so its library is smaller than the one that Node uses for streams.
 * @throws Error if the archive is cut short
 */
export function unpackTar(archive: Uint8Array): { readonly name: string; readonly bytes: Uint8Array }[] {
  if (archive.length < END || archive.subarray(-END).some((byte) => byte !== 0))
    throw new Error('the archive has no end');
  return parseTar(archive.slice().buffer)
    .filter(({ type }) => type === 'file')
    .map(({ name, data = new Uint8Array() }) => ({ name, bytes: data }));
}
