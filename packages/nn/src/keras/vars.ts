import { Dataset, type Group } from 'jsfive';
import { attributesOf, checkedName, groupIn, textOf, type WeightsReader } from './hdf5.ts';
import type { KerasLayer } from './read.ts';

/** Limits for damaged files: real files neither nest groups deeper nor have more of them. */
const DEEPEST = 32;
const MOST_GROUPS = 20_000;

/** Keras's names of a layer's weights, by the layer's class name, in the order in which Keras numbers the weights. */
const WEIGHT_NAMES: Readonly<Record<string, readonly string[]>> = {
  dense: ['kernel', 'bias'],
  conv1d: ['kernel', 'bias'],
  conv2d: ['kernel', 'bias'],
  conv1d_transpose: ['kernel', 'bias'],
  conv2d_transpose: ['kernel', 'bias'],
  batch_normalization: ['gamma', 'beta', 'moving_mean', 'moving_variance'],
  layer_normalization: ['gamma', 'beta'],
  embedding: ['embeddings'],
};

/** The group of the optimiser's state, which is not a layer. */
const OPTIMIZER = 'optimizer';

/**
 * The layers of a file in Keras 3's own format, `.weights.h5`, where each layer has its weights, by number, in a group
 * `vars`. The file orders only layers of the same class, also by number (`conv2d`, `conv2d_1`).
 * {@link KerasLayer.place} says which layers those are.
 *
 * @param names Keras's names of layers by the paths of their groups, from the model's configuration. A layer without an
 *   entry gets its name in the file
 * @throws FileFormatError if the file has no weights, or they can't be read; RangeError or TypeError if it is damaged
 */
export function readVars(reader: WeightsReader, names: ReadonlyMap<string, string>): KerasLayer[] {
  const layers: KerasLayer[] = [];
  let groups = 0;
  const visit = (group: Group, path: readonly string[], titles: readonly string[]): void => {
    groups++;
    if (path.length > DEEPEST || groups > MOST_GROUPS) throw new RangeError('groups within groups without end');
    const keys = group.keys.filter((key) => key !== OPTIMIZER);
    // A list of layers is not a model, and neither is the root of the file.
    const isList = path.length === 0 || path.at(-1) === 'layers';
    const vars = !isList && keys.includes('vars') ? groupIn(group, 'vars') : undefined;
    const name = isList ? undefined : checkedName(names.get(path.join('/')) ?? nameIn(vars) ?? path.at(-1)!);
    if (vars !== undefined) {
      const kind = path.at(-1)!.replace(/_\d+$/, '');
      const weights = readNumbered(reader, vars, kind);
      const place = { container: path.slice(0, -1).join('/'), kind };
      if (weights.length > 0) layers.push({ name: name!, path: titles, weights, place });
    }
    for (const key of keys.filter((key) => key !== 'vars').sort(byNumber)) {
      const child = group.get(key);
      if (child === null || child instanceof Dataset) continue;
      visit(child, [...path, key], name === undefined ? titles : [...titles, name]);
    }
  };
  visit(reader.root, [], []);
  if (layers.length === 0)
    reader.fail("HDF5, but without weights of Keras: it has neither 'layer_names' nor groups 'vars'");
  return layers;
}

const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

function nameIn(vars: Group | undefined): string | undefined {
  const name = vars && attributesOf(vars).name;
  return name === undefined ? undefined : textOf(name);
}

/** The weights in a group `vars`, in the order of their numbers. */
function readNumbered(reader: WeightsReader, vars: Group, kind: string): KerasLayer['weights'] {
  const names = WEIGHT_NAMES[kind] ?? [];
  return [...vars.keys].sort(byNumber).map((key, i) => ({ name: names[i] ?? key, ...reader.read(vars, key) }));
}
