/// <reference path="./jsfive.d.ts" />
import { Dataset, File, Group } from 'jsfive';
import { FileFormatError } from '../errors.ts';
import { type KerasStep, readArchitecture } from './architecture.ts';
import type { KerasReply, KerasRequest } from './read-apart.ts';

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
}

/** Every weight of a Keras 2 file, in the file's order of layers and weights. Plain data, so a worker can send it. */
export interface KerasWeights {
  readonly layers: readonly KerasLayer[];
  /** The steps of every model in the file; undefined if the file does not describe them, as with `save_weights`. */
  readonly architecture?: readonly (readonly KerasStep[])[];
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** The offset of the file's size in version 0 of the HDF5 superblock, which h5py writes. */
const SIZE_OFFSET = 40;
/** Largest ratio of the weights' total size to the file's size. Only compressed weights exceed 1. */
const MAX_EXPANSION = 64;
/** HDF5 stores an attribute in a message of at most 64 KiB. */
const MAX_ATTRIBUTE_ELEMENTS = 65_536;
/** Error messages show names, so a damaged file must not put control characters or kilobytes of text into them. */
const PRINTABLE_NAME = /^\P{Cc}{1,255}$/u;

/** A worker's answer to a request of `readKerasApart`. */
export function answerKeras({ bytes, name }: KerasRequest): KerasReply {
  try {
    return { weights: readKeras(bytes, name) };
  } catch (error) {
    if (!(error instanceof FileFormatError)) throw error;
    return { problem: error.message };
  }
}

/**
 * Reads the weights of a file that Keras 2 wrote with `model.save` or `model.save_weights` in HDF5 format. Weights must
 * be 32-bit floats. From a whole model, only the weights and layers are read; optimiser state and other configuration
 * are skipped. A malicious file can still keep the HDF5 reader busy for a long time: read files of unknown origin in a
 * worker that can be stopped.
 *
 * @param bytes the whole file; the weights are copies
 * @param name the file's name in error messages
 * @throws FileFormatError if it is not HDF5, not written by Keras, cut short or damaged, or has weights of another type
 */
export function readKeras(bytes: Uint8Array, name: string): KerasWeights {
  const fail = (problem: string): never => {
    throw new FileFormatError(`${name}: ${problem}.`);
  };
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) fail("not an HDF5 file, as Keras's .h5 files are");
  const file = new Uint8Array(bytes).buffer;
  try {
    const size = bytes[SIGNATURE.length] === 0 ? new DataView(file).getBigUint64(SIZE_OFFSET, true) : 0n;
    if (size > file.byteLength) fail(`cut short: it has ${file.byteLength} of its ${size} bytes; get a fresh copy`);
    const root = new File(file, name);
    const layers = readLayers(root, file.byteLength, fail);
    const config = attributesOf(root).model_config;
    return config === undefined ? { layers } : { layers, architecture: readArchitecture(textOf(config)) };
  } catch (error) {
    if (error instanceof FileFormatError) throw error;
    throw new FileFormatError(`${name}: damaged, or HDF5 that Keras 2 did not write; get a fresh copy.`, {
      cause: error,
    });
  }
}

function readLayers(root: Group, fileBytes: number, fail: (problem: string) => never): KerasLayer[] {
  const model = root.keys.includes('model_weights') ? groupIn(root, 'model_weights') : root;
  let allowed = (fileBytes * MAX_EXPANSION) / Float32Array.BYTES_PER_ELEMENT;

  const readWeight = (group: Group, weight: string): Omit<KerasLayer['weights'][number], 'name'> => {
    const dataset = group.get(weight);
    if (!(dataset instanceof Dataset)) return fail(`'${weight}' is not a dataset`);
    const { shape, dtype } = dataset;
    if (dtype !== '<f4') fail(`weight '${weight}' has the type ${String(dtype)}; it must be 32-bit floats (<f4)`);
    const elements = product(shape);
    allowed -= Math.max(elements, product(dataset._dataobjects.chunks ?? []));
    if (allowed < 0)
      fail(`the weights up to '${weight}' of shape [${shape.join(', ')}] can't fit in a file of ${fileBytes} bytes`);
    const { value } = dataset;
    if (value.length !== elements || value.includes(undefined)) fail(`weight '${weight}' is incomplete in the file`);
    return { shape: [...shape], data: Float32Array.from(value as readonly number[]) };
  };

  const layerNames = namesIn(model, 'layer_names') ?? fail("HDF5, but not saved by Keras 2: it has no 'layer_names'");
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
      layer.weights.push({ name, ...readWeight(group, weightName) });
    }
    return [...layers.values()];
  });
}

function groupIn(parent: Group, name: string): Group {
  const group = parent.get(name);
  if (!(group instanceof Group)) throw new TypeError(`'${name}' is not a group`);
  return group;
}

/** Text that HDF5 stores as one string or as a list of one. */
const textOf = (value: unknown): string => String(Array.isArray(value) ? value[0] : value).replace(/\0+$/, '');

/** The strings of an attribute of `group`; undefined if it has no such attribute. */
function namesIn(group: Group, attribute: string): string[] | undefined {
  const names = attributesOf(group)[attribute];
  if (names === undefined) return undefined;
  if (!Array.isArray(names)) throw new TypeError(`'${attribute}' is not a list`);
  return names.map((text) => {
    const name = String(text).replace(/\0+$/, ''); // h5py 2 pads them to one length
    if (!PRINTABLE_NAME.test(name)) throw new TypeError(`'${attribute}' has an invalid name`);
    return name;
  });
}

/** `group.attrs`, made safe for damaged files. */
function attributesOf(group: Group): Group['attrs'] {
  const objects = group._dataobjects;
  const readValues = objects._attr_value;
  // jsfive reads as many elements as the file claims; past the file's end it returns empty strings.
  objects._attr_value = (dtype, file, count, offset) => {
    if (count > MAX_ATTRIBUTE_ELEMENTS) throw new RangeError(`an attribute of ${count} elements`);
    return readValues.call(objects, dtype, file, count, offset);
  };
  // For an unknown type, jsfive writes the bytes that it takes for the attribute's name to the console.
  const { warn } = console;
  console.warn = () => {};
  try {
    return group.attrs;
  } finally {
    console.warn = warn;
  }
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((elements, size) => elements * size, 1);
}
