import { Dataset, type Group } from 'jsfive';
import { attributesOf, checkedName, groupIn, textOf, type WeightsReader } from './hdf5.ts';
import type { KerasLayer } from './read.ts';

/** Of damaged files: groups are not nested deeper, and there are not more of them. */
const DEEPEST = 32;
const MOST_GROUPS = 20_000;

/** Keras's names of the weights of a layer, by the name of its class, in the order in which it numbers them. */
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

/** What a training leaves in the file that is no layer. */
const OPTIMIZER = 'optimizer';

/**
 * The layers of a file in Keras 3's own format, `.weights.h5`, where each has its weights in a group `vars`, by number. The file orders layers of
 * one class only, by number too (`conv2d`, `conv2d_1`), which their `place` tells.
 *
 * @param names Keras's names of layers by the path of their groups, where something else tells them; otherwise what the file has
 */
export function readVars(reader: WeightsReader, names: ReadonlyMap<string, string>): KerasLayer[] {
  const layers: KerasLayer[] = [];
  let groups = 0;
  const visit = (group: Group, path: readonly string[], titles: readonly string[]): void => {
    groups++;
    if (path.length > DEEPEST || groups > MOST_GROUPS) throw new RangeError('groups within groups without end');
    const keys = group.keys.filter((key) => key !== OPTIMIZER);
    // A list of layers, like the file itself, is no model around them.
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

/** The weights of a group by number. */
function readNumbered(reader: WeightsReader, vars: Group, kind: string): KerasLayer['weights'] {
  const names = WEIGHT_NAMES[kind] ?? [];
  return [...vars.keys].sort(byNumber).map((key, i) => ({ name: names[i] ?? key, ...reader.read(vars, key) }));
}
