import { type PlacedLayer, type Sequential, type StoredTensor, WeightsError } from '@hourglass/nn';
import type { Shape } from '@hourglass/tensor';

/** One computation of a model, in the form that every format writes. */
export interface Step {
  /** Unique: `encoder.conv2d`, the prefix of the weights' names. */
  readonly name: string;
  /** Keras's class name: that of a layer, or Input, Concatenate or Add. */
  readonly type: string;
  readonly settings: Readonly<Record<string, number | string>>;
  readonly inputs: readonly Step[];
  /** The shape of its output, without the batch; images are [height, width, channels]. */
  readonly shape: Shape;
  /** The weights by Keras's names, in Keras's layouts. */
  readonly weights: Readonly<Record<string, StoredTensor>>;
}

/** The shape of a layer's input, without the batch. */
export const inputShape = ({ inputs }: Step): Shape => inputs[0]!.shape;

/**
 * The steps of a model in the order of computation: the first is its input, the last its output. A Concatenate joins
 * parallel layers; layers that do nothing in inference are omitted.
 *
 * @param tensors the weights by full name (`encoder.conv2d.kernel`)
 * @throws WeightsError if one is missing
 */
export function stepsOf(model: Sequential, tensors: ReadonlyMap<string, StoredTensor>): Step[] {
  const steps: Step[] = [];
  const add = (step: Step): Step => {
    steps.push(step);
    return step;
  };
  const walk = (part: Sequential, path: string, input: Step): Step =>
    part.stages.reduce((value, stage, i) => {
      const outputs = stage.map((placed) => place(placed, path, value));
      if (outputs.length === 1) return outputs[0]!;
      const last = outputs[0]!.shape.length - 1;
      const channels = outputs.reduce((sum, { shape }) => sum + shape[last]!, 0);
      const shape = [...outputs[0]!.shape.slice(0, last), channels];
      return add({
        name: `${path}.joined_${i}`,
        type: 'Concatenate',
        settings: {},
        inputs: outputs,
        shape,
        weights: {},
      });
    }, input);
  const place = ({ name, layer, outputShape, weights }: PlacedLayer, path: string, value: Step): Step => {
    if (layer.type === 'Dropout') return value;
    const own = `${path}.${name}`;
    const step = { name: own, type: layer.type, settings: layer.settings ?? {}, shape: outputShape };
    if (layer.branches !== undefined) {
      const inputs = layer.branches.map((branch) => walk(branch, `${own}.${branch.name}`, value));
      return add({ ...step, inputs, weights: {} });
    }
    const stored = weights.map((spec) => [spec.name, weightOf(tensors, `${own}.${spec.name}`)]);
    return add({ ...step, inputs: [value], weights: Object.fromEntries(stored) });
  };
  const input = { type: 'Input', settings: {}, inputs: [], shape: model.inputShape, weights: {} };
  walk(model, model.name, add({ ...input, name: `${model.name}.input` }));
  return steps;
}

/** @throws WeightsError if it is missing */
export function weightOf(tensors: ReadonlyMap<string, StoredTensor>, name: string): StoredTensor {
  const found = tensors.get(name);
  if (found === undefined) throw new WeightsError(`There is no weight '${name}'; both halves of the model are needed.`);
  return found;
}

/** The name, with a number if it is `taken`, where it is added. */
export function uniqueName(name: string, taken: Set<string>): string {
  let own = name;
  for (let i = 1; taken.has(own); i++) own = `${name}_${i}`;
  taken.add(own);
  return own;
}
