import { FileFormatError, type KerasWeights } from '@hourglass/nn';
import { readKeras } from '@hourglass/nn/keras';
import { strFromU8, unzipSync } from 'fflate';

/** The first bytes of a zip archive with members: `PK\x03\x04`. */
const ARCHIVE = [0x50, 0x4b, 0x03, 0x04];

const CONFIG = 'config.json';
const WEIGHTS = 'model.weights.h5';
/** Maximum bytes of any member, and of the weights of a large model. */
const SMALL = 2 ** 24;
const LARGEST = 2 ** 31 - 1;
/**
 * Maximum size of the weights as a multiple of their size in the archive. Keras compresses nothing; of what other
 * programs compress, moments of 0 shrink most.
 */
const MAX_EXPANSION = 16;

/** The members that are read, and the most bytes each may have, given its compressed size. */
const LIMITS: Readonly<Record<string, (packed: number) => number>> = {
  [CONFIG]: () => SMALL,
  [WEIGHTS]: (packed) => Math.max(SMALL, Math.min(LARGEST, MAX_EXPANSION * packed)),
};

const isArchive = (bytes: Uint8Array): boolean => ARCHIVE.every((byte, i) => bytes[i] === byte);

/**
 * Reads the weights of any Keras file: Keras 3 archives (`.keras`) and HDF5 (`.h5`, `.weights.h5`), which are
 * recognised by their content. Read files of unknown origin in a worker that can be stopped.
 *
 * @param bytes the whole file
 * @param name the file's name in error messages
 * @throws FileFormatError if it is damaged, implausibly large, or not a Keras file
 */
export function readKerasFile(bytes: Uint8Array, name: string): KerasWeights {
  if (!isArchive(bytes)) return readKeras(bytes, name);
  const { [CONFIG]: config, [WEIGHTS]: weights } = membersOf(bytes, name);
  if (weights === undefined || config === undefined) {
    const missing = weights === undefined ? WEIGHTS : CONFIG;
    throw new FileFormatError(`${name}: a zip archive, but not of a Keras 3 model: it contains no ${missing}.`);
  }
  return readKeras(weights, name, strFromU8(config));
}

/** The members that describe a model. Nothing is written to disk, so the names of other members don't matter. */
function membersOf(bytes: Uint8Array, name: string): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, {
      filter: ({ name: member, size, originalSize }) => {
        const most = Object.hasOwn(LIMITS, member) ? LIMITS[member] : undefined;
        if (most === undefined) return false;
        if (originalSize > most(size) || size > bytes.length) {
          throw new FileFormatError(
            `${name}: its member ${member} would have ${originalSize} bytes from ${size} in the archive; Keras writes no such file.`,
          );
        }
        return true;
      },
    });
  } catch (error) {
    if (error instanceof FileFormatError) throw error;
    throw new FileFormatError(`${name}: a damaged zip archive; get it again.`, { cause: error });
  }
}
