import { WeightsError } from '../errors.ts';
import type { StoredTensor } from '../safetensors.ts';
import type { PlacedLayer, Sequential } from '../sequential.ts';
import { arranged } from './arrange.ts';
import { compareLayers, type Taken } from './compare.ts';
import type { KerasLayer, KerasWeights } from './read.ts';

interface FoundLayer extends KerasLayer {
  readonly file: string;
}

/**
 * The weights of Keras files under this project's names (`encoder.conv2d.kernel`). A model takes the first run of
 * consecutive layers whose weights have the names and shapes it needs. Layer names do not matter, so files may be in
 * any order, and one file may contain several models. The first of the two heads of a variational encoder is the mean,
 * unless their names or numbers say otherwise. Both sides use Keras's layouts. If a file describes its layers, they
 * must equal the model's.
 *
 * @param files the weights read, and the name that error messages use for each file
 * @param models every model whose weights the files contain
 * @throws WeightsError that names the first layer that differs, with the expected and the found shapes; also if the
 *   files have layers that no model takes. LayersError that names the first layer with a different type, order,
 *   activation or setting
 */
export function matchKeras(
  files: readonly { readonly weights: KerasWeights; readonly name: string }[],
  models: readonly Sequential[],
): Map<string, StoredTensor> {
  const left = files.flatMap(({ weights, name }) =>
    arranged(
      distinct(weights.layers).map((layer) => ({ ...layer, file: name })),
      models.map(layersWithWeights),
      fits,
    ),
  );
  const matched = new Map<string, StoredTensor>();
  const origins: Taken[] = [];
  const unmatched: Sequential[] = [];
  for (const model of models) {
    const needed = layersWithWeights(model);
    if (needed.length === 0) continue;
    const start = left.findIndex((_, i) => needed.every((layer, j) => fits(left[i + j], layer)));
    if (start < 0) {
      unmatched.push(model);
      continue;
    }
    const taken = meanFirst(left.splice(start, needed.length));
    const { file, path } = taken[0]!;
    const { architecture } = files.find(({ name }) => name === file)!.weights;
    origins.push({ model, names: taken.map(({ name }) => name), within: path.at(-1), file, architecture });
    for (const [i, layer] of needed.entries()) {
      for (const { name, shape, data } of taken[i]!.weights) {
        matched.set(`${model.name}.${layer.name}.${name}`, { shape, data });
      }
    }
  }
  if (unmatched.length > 0) throw new WeightsError(firstDifference(unmatched, left, files));
  if (left.length > 0) {
    const filled = models.map(({ name }) => name).join(' and ');
    throw new WeightsError(
      `${left[0]!.file}: its layer ${title(left[0]!)} with ${describe(left[0]!)} is one too many: ${filled} ` +
        `${models.length === 1 ? 'has' : 'have'} all weights without it. Give each file once, saved from exactly this model.`,
    );
  }
  compareLayers(origins);
  return matched;
}

/**
 * Layers with weights, without duplicates: a model that computes a loss from values inside its encoder lists the
 * encoder's layers twice, inside the encoder and next to it.
 */
function distinct(layers: readonly KerasLayer[]): KerasLayer[] {
  return layers.filter(
    (layer, i) =>
      layer.weights.length > 0 &&
      (layer.place !== undefined || !layers.some((earlier, j) => j < i && isCopy(earlier, layer))),
  );
}

function isCopy(a: KerasLayer, b: KerasLayer): boolean {
  return (
    a.name === b.name &&
    fits(a, b) &&
    a.weights.every(({ data }, i) => data.every((value, j) => Object.is(value, b.weights[i]!.data[j])))
  );
}

function layersWithWeights(model: Sequential): PlacedLayer[] {
  return model.layers.filter(({ weights }) => weights.length > 0);
}

interface NamedShapes {
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

function fits(found: NamedShapes | undefined, needed: NamedShapes): boolean {
  return (
    found?.weights.length === needed.weights.length &&
    needed.weights.every(({ name, shape }) =>
      found.weights.some((weight) => weight.name === name && weight.shape.join() === shape.join()),
    )
  );
}

/**
 * Puts the head for the mean before the head for the log variance. Keras orders a model's layers by their distance from
 * its output. When sampling is part of the model, the path of the log variance is longer: it goes through `exp`.
 */
function meanFirst(layers: FoundLayer[]): FoundLayer[] {
  const i = layers.findIndex((layer, at) => fits(layers[at + 1], layer) && isDenseBeside(layer));
  const [first, second] = layers.slice(i, i + 2);
  if (i < 0 || !isLaterHead(first!.name, second!.name)) return layers;
  return layers.with(i, second!).with(i + 1, first!);
}

/**
 * Whether a layer is dense and its kernel is not square. Two consecutive layers of this kind with the same shape are
 * parallel: neither's output fits the other's input.
 */
function isDenseBeside({ weights }: KerasLayer): boolean {
  const kernel = weights.find(({ name }) => name === 'kernel');
  return kernel?.shape.length === 2 && kernel.shape[0] !== kernel.shape[1];
}

/** Whether layer `a` is named as the variance and `b` is not or, failing that, whether `a` was created after `b`. */
function isLaterHead(a: string, b: string): boolean {
  const isVariance = (name: string): boolean => /log|var|sigma|std/i.test(name);
  if (isVariance(a) !== isVariance(b)) return isVariance(a);
  const [baseA, baseB] = [a, b].map((name) => name.replace(/_\d+$/, ''));
  return baseA === baseB && a.localeCompare(b, 'en', { numeric: true }) > 0;
}

/** Describes the first layer at which `layers`, the ones in `files` that no model took, differ from one of `models`. */
function firstDifference(
  models: readonly Sequential[],
  layers: readonly FoundLayer[],
  files: readonly { readonly name: string }[],
): string {
  const places = models.map((model) => {
    const needed = layersWithWeights(model);
    const scores = layers.map((_, start) => needed.filter((layer, i) => fits(layers[start + i], layer)).length);
    const score = Math.max(0, ...scores);
    return { model, needed, score, start: Math.max(0, scores.indexOf(score)) };
  });
  const { model, needed, start } = places.find(({ needed, score }) => score >= needed.length / 2) ?? {
    ...places[0]!,
    start: 0,
  };
  const at = needed.findIndex((layer, i) => !fits(layers[start + i], layer));
  const found = layers[start + at];
  const wanted = `${model.name}.${needed[at]!.name}`;
  if (layers.length === 0) {
    const names = files.map(({ name }) => name).join(', ');
    return `${names}: no weights for the ${model.name}, which begins with ${wanted}, ${describe(needed[at]!)}. Also give the file that has them.`;
  }
  if (found === undefined) {
    const last = layers.at(-1)!;
    return `${last.file}: ends after its layer ${title(last)}, but ${wanted} with ${describe(needed[at]!)} must follow. It was saved from another model.`;
  }
  return (
    `${found.file}: its layer ${title(found)} has ${describe(found)}, but ${wanted} needs ${describe(needed[at]!)}. ` +
    'It was saved from another model, or from one with different sizes.'
  );
}

const title = ({ path, name }: KerasLayer): string => `'${[...path, name].join('/')}'`;

function describe({ weights }: NamedShapes): string {
  return weights.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ');
}
