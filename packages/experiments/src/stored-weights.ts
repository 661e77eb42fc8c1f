import {
  type KerasWeights,
  LayersError,
  matchKeras,
  type Sequential,
  type StoredTensor,
  WeightsError,
} from '@hourglass/nn';
import type { Presets, Trainable } from './experiment.ts';
import { type Autoencoder, type ModelShape, networksOf } from './model.ts';

/** The parts of an experiment that determine which shapes its model can have. */
type Modelled = Pick<Trainable, 'latent' | 'imageSizes' | 'build'> & { readonly presets: Partial<Presets> };

/** The contents of a file: tensors under this project's names, or Keras weights. */
export type WeightsFile = NamedTensors | KerasFile;

interface NamedTensors {
  /** The file's name in error messages. */
  readonly name: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The dtypes of the other tensors in the file, by name. */
  readonly unread?: ReadonlyMap<string, string>;
  /** Free text stored with them, by key. */
  readonly metadata?: Readonly<Record<string, string>>;
}

interface KerasFile {
  readonly name: string;
  readonly weights: KerasWeights;
}

/** A model with weights that fit it. */
export interface FittedWeights {
  readonly model: Autoencoder;
  /** The tensors by full name (`encoder.conv2d.kernel`), in the order of the model. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The files, for error messages. */
  readonly source: string;
  /** The names of files that do not describe their layers: only the shapes of their weights were checked. */
  readonly unchecked: readonly string[];
  /** The merged metadata of all files. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The most tensors in a file: more than any checkpoint of these models has, including moments. */
const MOST_TENSORS = 1000;

export const HALVES = ['encoder', 'decoder'] as const satisfies readonly (keyof Autoencoder)[];
export type Half = (typeof HALVES)[number];

/**
 * The experiment's model in the shape that the files need, with their weights. The networks may be in one file or in
 * several, and each file may have either format. A VAE-GAN's discriminator is loaded if it is in a safetensors file.
 *
 * @param halves the halves to load; the files may also contain the other networks; default all
 * @throws WeightsError that names the first layer or weight that differs, with the expected and the found shapes, or
 *   the first weight that is not finite. LayersError if a Keras file describes layers that differ from the model's
 */
export function fitWeights(
  experiment: Modelled,
  files: readonly WeightsFile[],
  halves?: readonly Half[],
): FittedWeights {
  const fitted = fit(experiment, files, halves);
  for (const [name, { data }] of fitted.tensors) {
    if (!data.every(Number.isFinite))
      throw new WeightsError(`${fitted.source}: ${name} contains NaN or infinity, as after diverged training.`);
  }
  return fitted;
}

function fit(experiment: Modelled, files: readonly WeightsFile[], halves?: readonly Half[]): FittedWeights {
  for (const file of files) {
    const count = tensorsOf(file).length;
    if (count > MOST_TENSORS)
      throw new WeightsError(`${file.name} contains ${count} tensors; no model here has more than ${MOST_TENSORS}.`);
  }
  const only = (wanted: readonly Half[]) => (model: Autoencoder) => wanted.map((half) => model[half]);
  const all = (model: Autoencoder): Sequential[] =>
    networksOf(model).filter((network) => network !== model.discriminator || contain(files, network));
  const attempts = halves === undefined ? [all] : [all, only(halves)];
  const source = files.map(({ name }) => name).join(', ');
  const unchecked = files.flatMap((file) =>
    'weights' in file && file.weights.architecture === undefined ? [file.name] : [],
  );
  const metadata = Object.assign({}, ...files.map((file) => ('tensors' in file ? file.metadata : {}))) as Record<
    string,
    string
  >;
  let fault: unknown;
  for (const wanted of attempts) {
    // Reports the error of the last attempt at the experiment's usual size, unless one found layers that have the right
    // shapes but differ.
    if (!(fault instanceof LayersError)) fault = undefined;
    for (const shape of possibleShapes(experiment, files)) {
      const model = experiment.build(shape);
      try {
        const networks = wanted(model);
        const found = match(files, networks);
        const loaded = halves === undefined ? networks : only(halves)(model);
        const names = loaded.flatMap(({ weights }) => weights.map(({ name }) => name));
        const tensors = new Map(names.map((name) => [name, found.get(name)!]));
        return { model, source, unchecked, metadata, tensors };
      } catch (error) {
        if (!(error instanceof WeightsError)) throw error;
        if (error instanceof LayersError && !(fault instanceof LayersError)) fault = error;
        fault ??= error;
      }
    }
  }
  throw fault;
}

/** The model shapes that the user may have chosen, the experiment's usual shape first. */
function possibleShapes({ latent, imageSizes, presets }: Modelled, files: readonly WeightsFile[]): ModelShape[] {
  const latents = [...new Set([latent, ...files.flatMap(possibleLatents)])];
  const hidden = [...new Set([presets.report?.hidden, presets.best?.hidden])];
  return latents.flatMap((latent) =>
    (imageSizes ?? [undefined]).flatMap((size) => hidden.map((widths) => ({ latent, size, hidden: widths }))),
  );
}

const tensorsOf = (file: WeightsFile) =>
  'tensors' in file ? [...file.tensors.values()] : file.weights.layers.flatMap(({ weights }) => weights);

/** The length of a code is an extent of the matrices before and after it. */
function possibleLatents(file: WeightsFile): number[] {
  return tensorsOf(file).flatMap(({ shape }) => (shape.length === 2 ? shape : []));
}

function match(files: readonly WeightsFile[], models: readonly Sequential[]): Map<string, StoredTensor> {
  const keras = files.filter((file) => 'weights' in file);
  const matched = new Map<string, StoredTensor>();
  const left = models.filter((model) => {
    const own = files.filter((file): file is NamedTensors => 'tensors' in file && belonging(file, model).length > 0);
    if (own.length > 1) {
      throw new WeightsError(`${own[0]!.name} and ${own[1]!.name} both contain the ${model.name}. Give only one.`);
    }
    for (const [name, tensor] of own.flatMap((file) => checkNamed(file, model))) matched.set(name, tensor);
    return own.length === 0;
  });
  if (keras.length > 0 && left.length === 0)
    throw new WeightsError(`${keras[0]!.name} is one file too many: the other files contain all weights.`);
  if (keras.length === 0 && left.length > 0) {
    const names = files.map(({ name }) => name).join(', ');
    throw new WeightsError(`${names}: no weights for the ${left[0]!.name}. Also give the file that has them.`);
  }
  if (left.length > 0) for (const [name, tensor] of matchKeras(keras, left)) matched.set(name, tensor);
  return matched;
}

const contain = (files: readonly WeightsFile[], model: Sequential): boolean =>
  files.some((file) => 'tensors' in file && belonging(file, model).length > 0);

const belonging = ({ tensors }: NamedTensors, model: Sequential): [string, StoredTensor][] =>
  [...tensors].filter(([name]) => name.startsWith(`${model.name}.`));

/** The file's weights of the model. @throws WeightsError unless they are exactly the model's weights */
function checkNamed(file: NamedTensors, model: Sequential): [string, StoredTensor][] {
  const own = belonging(file, model);
  const needed = new Map(model.weights.map(({ name, shape }) => [name, shape]));
  for (const [name, shape] of needed) {
    const found = file.tensors.get(name);
    if (found?.shape.join() === shape.join()) continue;
    const dtype = file.unread?.get(name);
    if (dtype !== undefined)
      throw new WeightsError(
        `${file.name}: ${name} has dtype ${dtype}. Weights must be F32 or F16; store it as one of them.`,
      );
    const what = found === undefined ? `there is no ${name}` : `${name} has shape [${found.shape.join(', ')}]`;
    throw new WeightsError(
      `${file.name}: ${what}, but this model needs ${name} [${shape.join(', ')}]. It was saved from another model, or from one with different sizes.`,
    );
  }
  const surplus = own.find(([name]) => !needed.has(name));
  if (surplus !== undefined)
    throw new WeightsError(`${file.name}: this model has no ${surplus[0]}. It was saved from another model.`);
  return own;
}
