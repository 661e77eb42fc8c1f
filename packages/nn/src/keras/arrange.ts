import type { PlacedLayer, Sequential } from '../sequential.ts';
import type { KerasLayer } from './read.ts';

/**
 * Puts the layers of Keras 3 files, which order only layers of the same class, in the order of the models. From each
 * group, a model takes the next layers of each class. If no model fits, the order is that of a model whose classes the
 * group has, or else of the model with the most fitting layers: the error message names the first difference.
 *
 * @param needed the layers with weights of each model
 * @param fits whether a layer of the file has the weights of a layer of a model
 */
export function arranged<Layer extends KerasLayer>(
  layers: readonly Layer[],
  needed: readonly (readonly PlacedLayer[])[],
  fits: (found: Layer | undefined, layer: PlacedLayer) => boolean,
): Layer[] {
  const groups = new Map<string, Layer[]>();
  for (const layer of layers) {
    const container = layer.place?.container ?? '';
    groups.set(container, [...(groups.get(container) ?? []), layer]);
  }
  return [...groups.values()].flatMap((group) => {
    if (group[0]!.place === undefined) return group;
    const ordered: Layer[] = [];
    let left: readonly Layer[] = group;
    const take = (taken: readonly (Layer | undefined)[]): void => {
      ordered.push(...taken.filter((layer) => layer !== undefined));
      left = left.filter((layer) => !ordered.includes(layer));
    };
    const takeWhere = (suits: (found: Layer | undefined, layer: PlacedLayer) => boolean): void => {
      for (const model of needed) {
        const taken = nextOfEach(left, model);
        if (model.every((layer, i) => suits(taken[i], layer))) take(taken);
      }
    };
    takeWhere(fits);
    takeWhere((found) => found !== undefined);
    const fitting = needed.map((model) => nextOfEach(left, model).filter((layer, i) => fits(layer, model[i]!)).length);
    const nearest = needed[fitting.indexOf(Math.max(...fitting))];
    if (nearest !== undefined) take(nextOfEach(left, nearest));
    return [...ordered, ...left];
  });
}

/** For each layer of the model, the next unused layer of the same class; undefined if there is none. */
function nextOfEach<Layer extends KerasLayer>(
  layers: readonly Layer[],
  model: Sequential['layers'],
): (Layer | undefined)[] {
  const left = [...layers];
  return model.map(({ layer }) => {
    const at = left.findIndex(({ place }) => place!.kind === layer.name);
    return at < 0 ? undefined : left.splice(at, 1)[0];
  });
}
