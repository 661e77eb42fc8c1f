/// <reference path="./jsfive.d.ts" />
import { Dataset, File, Group } from 'jsfive';
import { FileFormatError } from '../errors.ts';
import { type KerasStep, readArchitecture } from './architecture.ts';
import type { KerasReply, KerasRequest } from './read-apart.ts';

/** A layer of a Keras file. */
export interface KerasLayer {
  readonly name: string;
  /** The models around it that the file tells of, the outermost first. */
  readonly path: readonly string[];
  /** `name` is Keras's (kernel, bias, gamma, …), the elements are in row-major order. Empty for layers without weights. */
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: Float32Array;
  }[];
}

/** Every weight of a Keras 2 file, in the file's own order of layers and weights. Plain data, so that a worker can send it. */
export interface KerasWeights {
  readonly layers: readonly KerasLayer[];
  /** The steps of every model in the file, if it says: `save_weights` writes none. */
  readonly architecture?: readonly (readonly KerasStep[])[];
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** Where version 0 of the HDF5 superblock, the one h5py writes, has the file's size. */
const SIZE_OFFSET = 40;
/** All weights together may take so many times the file's size: more than 1 only if they are compressed. */
const MAX_EXPANSION = 64;
/** HDF5 keeps an attribute in a message of at most 64 KiB. */
const MAX_ATTRIBUTE_ELEMENTS = 65_536;
/** Error messages show names, so that a damaged file must not bring control characters or kilobytes into them. */
const PRINTABLE_NAME = /^\P{Cc}{1,255}$/u;

/** What a worker answers to the request of `readKerasApart`. */
export function answerKeras({ bytes, name }: KerasRequest): KerasReply {
  try {
    return { weights: readKeras(bytes, name) };
  } catch (error) {
    if (!(error instanceof FileFormatError)) throw error;
    return { problem: error.message };
  }
}

/**
 * Reads the weights of a file that Keras 2 wrote by `model.save` or `model.save_weights` in its HDF5 format; weights are
 * 32-bit floats. A whole model's optimiser state is left out, and
 * of its configuration all but the layers. A file made to do harm can still keep
 * the HDF5 reader busy for long: read files of unknown origin in a worker that can be stopped.
 *
 * @param bytes the whole file; the weights are copies
 * @param name what error messages call the file
 * @throws FileFormatError if it is not HDF5, not of Keras, cut short or damaged, or has weights of another type
 */
export function readKeras(bytes: Uint8Array, name: string): KerasWeights {
  const fail = (problem: string): never => {
    throw new FileFormatError(`${name}: ${problem}.`);
  };
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) fail("not an HDF5 file, which Keras's .h5 files are");
  const file = new Uint8Array(bytes).buffer;
  try {
    const size = bytes[SIGNATURE.length] === 0 ? new DataView(file).getBigUint64(SIZE_OFFSET, true) : 0n;
    if (size > file.byteLength) fail(`cut short: it has ${file.byteLength} of its ${size} bytes; get it again`);
    const root = new File(file, name);
    const layers = readLayers(root, file.byteLength, fail);
    const config = attributesOf(root).model_config;
    return config === undefined ? { layers } : { layers, architecture: readArchitecture(textOf(config)) };
  } catch (error) {
    if (error instanceof FileFormatError) throw error;
    throw new FileFormatError(`${name}: damaged, or HDF5 of a kind that Keras 2 doesn't write; get it again.`, {
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
    if (dtype !== '<f4') fail(`weight '${weight}' has the type ${String(dtype)}; 32-bit floats (<f4) can be read`);
    const elements = product(shape);
    allowed -= Math.max(elements, product(dataset._dataobjects.chunks ?? []));
    if (allowed < 0)
      fail(`the weights up to '${weight}' of shape [${shape.join(', ')}] can't come from ${fileBytes} bytes`);
    const { value } = dataset;
    if (value.length !== elements || value.includes(undefined)) fail(`weight '${weight}' is not in the file in full`);
    return { shape: [...shape], data: Float32Array.from(value as readonly number[]) };
  };

  const layerNames = namesIn(model, 'layer_names') ?? fail("HDF5, but not saved by Keras 2: it has no 'layer_names'");
  return layerNames.flatMap((layerName) => {
    const group = groupIn(model, layerName);
    const weightNames = namesIn(group, 'weight_names') ?? fail(`the layer '${layerName}' has no 'weight_names'`);
    if (weightNames.length === 0) return { name: layerName, path: [], weights: [] };

    // The weights of a model within the model: the trainable ones of all its layers come before the others.
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

/** A text that HDF5 keeps as one string or as a list of one. */
const textOf = (value: unknown): string => String(Array.isArray(value) ? value[0] : value).replace(/\0+$/, '');

/** The strings of an attribute of `group`; undefined if it has no such attribute. */
function namesIn(group: Group, attribute: string): string[] | undefined {
  const names = attributesOf(group)[attribute];
  if (names === undefined) return undefined;
  if (!Array.isArray(names)) throw new TypeError(`'${attribute}' is not a list`);
  return names.map((text) => {
    const name = String(text).replace(/\0+$/, ''); // h5py 2 pads them to one length
    if (!PRINTABLE_NAME.test(name)) throw new TypeError(`'${attribute}' has a name that can't be one`);
    return name;
  });
}

/** What `group.attrs` gives, made safe for damaged files. */
function attributesOf(group: Group): Group['attrs'] {
  const objects = group._dataobjects;
  const readValues = objects._attr_value;
  // jsfive reads as many elements as the file says, and past the file's end they are empty strings.
  objects._attr_value = (dtype, file, count, offset) => {
    if (count > MAX_ATTRIBUTE_ELEMENTS) throw new RangeError(`an attribute of ${count} elements`);
    return readValues.call(objects, dtype, file, count, offset);
  };
  // It writes the bytes of what it takes for an attribute's name to the console if it doesn't know the type.
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
