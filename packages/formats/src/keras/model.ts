import type { PlacedLayer, Sequential, StoredTensor } from '@hourglass/nn';
import type { Shape } from '@hourglass/tensor';
import { uniqueName, weightOf } from '../graph.ts';
import { describeLayer, type KerasDescription } from './layers.ts';

/** A model of Keras 3: the contents of its `config.json`, and the weights of its layers. */
export interface KerasModel {
  readonly name: string;
  readonly inputShape: Shape;
  readonly config: object;
  /** By the path of their group in `model.weights.h5`, relative to the model's group: `layers/conv2d_1`. */
  readonly weights: ReadonlyMap<string, Group>;
  /** The shapes of its outputs. */
  readonly outputs: readonly Shape[];
}

/** A layer's group of weights. */
export interface Group {
  /** The name of the layer. */
  readonly name: string;
  /** The weights in Keras's order. */
  readonly tensors: readonly StoredTensor[];
}

/** An output of a layer. */
interface Source {
  readonly layer: string;
  readonly output: number;
  readonly shape: Shape;
}

/**
 * Collects the layers of a functional model in the order that Keras sorts them into when it opens the file: by their
 * distance from the output.
 */
class FunctionalWriter {
  readonly weights = new Map<string, Group>();
  private readonly layers: object[] = [];
  private readonly names = new Set<string>();
  private readonly counts = new Map<string, number>();

  input(name: string, shape: Shape): Source {
    return this.add({ type: 'InputLayer', config: { batch_shape: [null, ...shape] } }, name, [], shape);
  }

  /** Adds a layer with these `inputs`. @returns its one output */
  add(
    { type, config }: KerasDescription,
    name: string,
    inputs: readonly Source[],
    shape: Shape,
    tensors: readonly StoredTensor[] = [],
  ): Source {
    const own = uniqueName(allowed(name), this.names);
    this.weights.set(this.group(type), { name: own, tensors });
    this.describe(
      { module: 'keras.layers', class_name: type, config: { name: own, dtype: 'float32', ...config } },
      own,
      inputs,
    );
    return { layer: own, output: 0, shape };
  }

  /** Adds a model as a layer. @returns its outputs */
  nest(model: KerasModel, name: string, input: Source): Source[] {
    const own = uniqueName(allowed(name), this.names);
    const path = this.group('Functional');
    for (const [below, group] of model.weights) this.weights.set(`${path}/${below}`, group);
    const config = { ...(model.config as { config: object }).config, name: own };
    this.describe({ ...model.config, config }, own, [input]);
    return model.outputs.map((shape, output) => ({ layer: own, output, shape }));
  }

  finish(name: string, input: Source, outputs: readonly Source[]): KerasModel {
    const ends = (sources: readonly Source[]) => sources.map(({ layer, output }) => [layer, 0, output]);
    const config = {
      name,
      trainable: true,
      layers: this.layers,
      input_layers: ends([input]),
      output_layers: ends(outputs),
    };
    return {
      name,
      inputShape: input.shape,
      config: {
        module: 'keras.src.models.functional',
        class_name: 'Functional',
        config,
        registered_name: 'Functional',
      },
      weights: this.weights,
      outputs: outputs.map(({ shape }) => shape),
    };
  }

  private describe(layer: object, name: string, inputs: readonly Source[]): void {
    const tensors = inputs.map(({ layer: from, output, shape }) => ({
      class_name: '__keras_tensor__',
      config: { shape: [null, ...shape], dtype: 'float32', keras_history: [from, 0, output] },
    }));
    const args = tensors.length > 1 ? [tensors] : tensors;
    const nodes = inputs.length === 0 ? [] : [{ args, kwargs: {} }];
    this.layers.push({ registered_name: null, ...layer, name, inbound_nodes: nodes });
  }

  /** Groups are named by class and number. */
  private group(type: string): string {
    const base = snakeCase(type);
    const count = this.counts.get(base) ?? 0;
    this.counts.set(base, count + 1);
    return `layers/${count === 0 ? base : `${base}_${count}`}`;
  }
}

/** Keras refuses names with a slash. */
const allowed = (name: string): string => name.replaceAll('/', '_');

/** Keras's snake case: `Conv2DTranspose` is `conv2d_transpose`. */
const snakeCase = (type: string): string =>
  type
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/**
 * A model as Keras's functional model. Parallel layers are concatenated, unless they come last and `heads` requests an
 * output from each.
 *
 * @param path the prefix of the weights' names, `encoder`
 * @throws ExportError for a layer that Keras does not have, WeightsError if a weight is missing
 */
export function kerasModel(
  model: Sequential,
  tensors: ReadonlyMap<string, StoredTensor>,
  { path = model.name, heads = false } = {},
): KerasModel {
  const writer = new FunctionalWriter();
  const input = writer.input('input', model.inputShape);
  let sources: readonly Source[] = [input];
  const place = ({ name, layer, outputShape, weights }: PlacedLayer, from: Source): Source => {
    if (layer.type === 'Dropout') return from;
    const own = `${path}.${name}`;
    if (layer.branches !== undefined) {
      const inputs = layer.branches.map(
        (branch) => writer.nest(kerasModel(branch, tensors, { path: `${own}.${branch.name}` }), branch.name, from)[0]!,
      );
      return writer.add(describeLayer(own, layer, outputShape, {}), name, inputs, outputShape);
    }
    const named = Object.fromEntries(weights.map((spec) => [spec.name, weightOf(tensors, `${own}.${spec.name}`)]));
    return writer.add(describeLayer(own, layer, outputShape, named), name, [from], outputShape, Object.values(named));
  };
  for (const [i, stage] of model.stages.entries()) {
    const from = sources[0]!;
    sources = stage.map((placed) => place(placed, from));
    if (sources.length === 1 || (heads && i === model.stages.length - 1)) continue;
    const channels = sources.reduce((sum, { shape }) => sum + shape.at(-1)!, 0);
    const shape = [...sources[0]!.shape.slice(0, -1), channels];
    sources = [writer.add({ type: 'Concatenate', config: { axis: -1 } }, 'joined', sources, shape)];
  }
  return writer.finish(allowed(model.name), input, sources);
}

/** Encoder and decoder as one model; the decoder takes the encoder's first output. */
export function joinedModel(name: string, encoder: KerasModel, decoder: KerasModel): KerasModel {
  const writer = new FunctionalWriter();
  const input = writer.input('input', encoder.inputShape);
  const [code] = writer.nest(encoder, 'encoder', input);
  return writer.finish(name, input, writer.nest(decoder, 'decoder', code!));
}
