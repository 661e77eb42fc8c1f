/// <reference path="./jsfive.d.ts" />
import { File, type Group } from 'jsfive';
import { FileFormatError } from '../errors.ts';
import { groupNames, type KerasStep, readArchitecture } from './architecture.ts';
import { attributesOf, groupIn, namesIn, textOf, WeightsReader } from './hdf5.ts';
import type { KerasReply, KerasRequest } from './read-apart.ts';
import { readVars } from './vars.ts';

/** A layer of a Keras file. */
export interface KerasLayer {
  readonly name: string;
  /** The models that contain it according to the file, the outermost first. */
  readonly path: readonly string[];
  /** `name` is Keras's (kernel, bias, gamma, …); elements are in row-major order. Empty for layers without weights. */
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: Float32Array;
  }[];
  /**
   * In Keras 3 files, the group that holds the layer, and the name of its class (`conv2d`). The order of layers is
   * meaningful only within one class and group.
   */
  readonly place?: { readonly container: string; readonly kind: string };
}

/** Every weight of a Keras file, in the file's order of layers and weights. Plain data, so a worker can send it. */
export interface KerasWeights {
  readonly layers: readonly KerasLayer[];
  /** The steps of every model in the file; undefined if the file does not describe them, as with `save_weights`. */
  readonly architecture?: readonly (readonly KerasStep[])[];
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** The offset of the file's size in version 0 of the HDF5 superblock, which h5py writes. */
const SIZE_OFFSET = 40;

/**
 * A worker's reply to the request of `readKerasApart`.
 *
 * @param read reads the file; default {@link readKeras}
 */
export function answerKeras(
  { bytes, name }: KerasRequest,
  read: (bytes: Uint8Array, name: string) => KerasWeights = readKeras,
): KerasReply {
  try {
    return { weights: read(bytes, name) };
  } catch (error) {
    if (!(error instanceof FileFormatError)) throw error;
    return { problem: error.message };
  }
}

/**
 * Reads the weights of an HDF5 file that Keras wrote: with `model.save` or `model.save_weights`, in Keras 2's format or
 * as Keras 3's `.weights.h5`. Weights must be floats of 32 or 16 bits. From a whole model, only the weights and layers
 * are read; optimiser state and other configuration are skipped. A malicious file can still keep the HDF5 reader busy
 * for a long time: read files of unknown origin in a worker that can be stopped.
 *
 * @param bytes the whole file; the weights are copies
 * @param name the file's name in error messages
 * @param config the model's configuration as JSON; default the one in the file, if any
 * @throws FileFormatError if it is not HDF5, not written by Keras, cut short or damaged, or has weights of another type
 */
export function readKeras(bytes: Uint8Array, name: string, config?: string): KerasWeights {
  const fail = (problem: string): never => {
    throw new FileFormatError(`${name}: ${problem}.`);
  };
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) fail("not an HDF5 file, as Keras's .h5 files are");
  const file = new Uint8Array(bytes).buffer;
  try {
    const stated = bytes[SIGNATURE.length] === 0 ? new DataView(file).getBigUint64(SIZE_OFFSET, true) : 0n;
    if (stated > file.byteLength) fail(`cut short: it has ${file.byteLength} of its ${stated} bytes; get it again`);
    const reader = new WeightsReader(new File(file, name), file.byteLength, fail);
    const described = config ?? attributesOf(reader.root).model_config;
    const text = described === undefined ? undefined : textOf(described);
    const layers = isLayered(reader.root)
      ? readLayers(reader)
      : readVars(reader, text === undefined ? new Map() : groupNames(text));
    return text === undefined ? { layers } : { layers, architecture: readArchitecture(text) };
  } catch (error) {
    if (error instanceof FileFormatError) throw error;
    throw new FileFormatError(`${name}: damaged, or HDF5 that Keras did not write; get a fresh copy.`, {
      cause: error,
    });
  }
}

/** Whether the file is in Keras 2's format. */
const isLayered = (root: Group): boolean =>
  root.keys.includes('model_weights') || attributesOf(root).layer_names !== undefined;

/** The layers of a file in Keras 2's format, which Keras 3 also writes with `model.save('….h5')`. */
function readLayers(reader: WeightsReader): KerasLayer[] {
  const { root, fail } = reader;
  const model = root.keys.includes('model_weights') ? groupIn(root, 'model_weights') : root;
  const layerNames = namesIn(model, 'layer_names') ?? fail("HDF5, but not saved by Keras: it has no 'layer_names'");
  return layerNames.flatMap((layerName) => {
    const group = groupIn(model, layerName);
    const weightNames = namesIn(group, 'weight_names') ?? fail(`the layer '${layerName}' has no 'weight_names'`);
    if (weightNames.length === 0) return { name: layerName, path: [], weights: [] };

    // In a nested model, the trainable weights of all its layers come before the non-trainable ones.
    const layers = new Map<string, { name: string; path: string[]; weights: KerasLayer['weights'][number][] }>();
    for (const weightName of weightNames) {
      const scopes = weightName.replace(/:\d+$/, '').split('/');
      const name = scopes.pop()!;
      const path = scopes.includes(layerName) ? scopes : [layerName, ...scopes];
      const key = path.join('/');
      const layer = layers.get(key) ?? { name: path.pop()!, path, weights: [] };
      layers.set(key, layer);
      layer.weights.push({ name, ...reader.read(group, weightName) });
    }
    return [...layers.values()];
  });
}
