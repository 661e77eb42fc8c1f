import type { StoredTensor } from '@hourglass/nn';
import { ExportError } from '../errors.ts';
import { channelsFirst, each, windowsOf } from '../geometry.ts';
import { inputShape, type Step } from '../graph.ts';

/** A step as Python: images are [batch, channels, height, width], as everywhere in PyTorch. */
export interface TorchStep {
  /** The module with its weights, if it has any: `nn.Linear(8, 16)`. */
  readonly module?: string;
  /** That module's weights by PyTorch's names, in its layouts. */
  readonly weights?: Readonly<Record<string, StoredTensor>>;
  /** The expression for the value of the step. */
  readonly value: string;
}

/**
 * Translates a step to Python.
 *
 * @param own the module of the step, `self.conv2d`
 * @param x the values of its inputs
 * @throws ExportError for a layer that has no counterpart here
 */
export function torchStep(step: Step, own: string, x: readonly string[]): TorchStep {
  const write = WRITERS[step.type];
  if (write === undefined) throw new ExportError(`PyTorch: there is no counterpart of ${step.name} (${step.type}).`);
  return write(step, own, x);
}

type Writer = (step: Step, own: string, x: readonly string[]) => TorchStep;

/** A function of one value. */
const called =
  (call: (x: string, step: Step) => string): Writer =>
  (step, _, [x]) => ({ value: call(x!, step) });

const tuple = (numbers: readonly number[]): string =>
  numbers.length === 1 ? String(numbers[0]) : `(${numbers.join(', ')})`;

/** The arguments of `pad`, which begin with the last dimension. */
const padding = (before: readonly number[], after: readonly number[]): string =>
  tuple(before.flatMap((zeros, d) => [after[d]!, zeros]).toReversed());

const convolution: Writer = (step, own, [x]) => {
  const { size, stride, before, after, beyond } = windowsOf(step);
  const transposed = step.type.endsWith('Transpose');
  const [inputs, outputs] = [inputShape(step).at(-1)!, step.shape.at(-1)!];
  const more = transposed && beyond.some((extent) => extent > 0) ? `, output_padding=${tuple(beyond)}` : '';
  const name = `nn.Conv${transposed ? 'Transpose' : ''}${size.length}d`;
  const padded = before.some((zeros, d) => zeros + after[d]! > 0);
  // Negative padding crops.
  const sized = (value: string, sign: 1 | -1): string =>
    padded
      ? `F.pad(${value}, ${padding(
          before.map((n) => sign * n),
          after.map((n) => sign * n),
        )})`
      : value;
  return {
    module: `${name}(${inputs}, ${outputs}, ${tuple(size)}, stride=${tuple(stride)}${more})`,
    weights: { weight: channelsFirst(step.weights.kernel!), bias: step.weights.bias! },
    value: transposed ? sized(`${own}(${x})`, -1) : `${own}(${sized(x!, 1)})`,
  };
};

/** Channels last, as layers over all elements need them; vectors are unchanged. */
const channelsLast = (x: string, rank: number): string => (rank > 1 ? `${x}.movedim(1, -1)` : x);
const channelsBack = (x: string, rank: number): string => (rank > 1 ? `${x}.movedim(-1, 1)` : x);

const reshaping: Writer = (step, _, [x]) => {
  const flat = channelsLast(x!, inputShape(step).length);
  return { value: channelsBack(`${flat}.reshape(-1, ${step.shape.join(', ')})`, step.shape.length) };
};

const WRITERS: Readonly<Record<string, Writer>> = {
  Dense: ({ weights: { kernel, bias } }, own, [x]) => {
    const [inputs, outputs] = kernel!.shape as [number, number];
    return {
      module: `nn.Linear(${inputs}, ${outputs})`,
      weights: { weight: channelsFirst(kernel!), bias: bias! },
      value: `${own}(${x})`,
    };
  },
  Embedding: (step, own, [x]) => {
    const { embeddings } = step.weights;
    const indices = channelsLast(x!, inputShape(step).length);
    return {
      module: `nn.Embedding(${embeddings!.shape.join(', ')})`,
      weights: { weight: embeddings! },
      value: channelsBack(`${own}(${indices}.long())`, step.shape.length),
    };
  },
  Conv1D: convolution,
  Conv2D: convolution,
  Conv1DTranspose: convolution,
  Conv2DTranspose: convolution,
  BatchNormalization: ({ shape, settings, weights }, own, [x]) => ({
    // Keras's momentum 0.99 is the share of the old value, PyTorch's the share of the new one. A vector counts as a
    // signal without a length.
    module: `nn.BatchNorm${Math.max(1, shape.length - 1)}d(${shape.at(-1)}, eps=${settings.epsilon}, momentum=0.01)`,
    weights: {
      weight: weights.gamma!,
      bias: weights.beta!,
      running_mean: weights.moving_mean!,
      running_var: weights.moving_variance!,
    },
    value: `${own}(${x})`,
  }),
  LayerNormalization: ({ shape, settings, weights }, own, [x]) => ({
    module: `nn.LayerNorm(${shape.at(-1)}, eps=${settings.epsilon})`,
    weights: { weight: weights.gamma!, bias: weights.beta! },
    value: channelsBack(`${own}(${channelsLast(x!, shape.length)})`, shape.length),
  }),
  LeakyReLU: called((x, { settings }) => `F.leaky_relu(${x}, ${settings.slope})`),
  ReLU: called((x) => `F.relu(${x})`),
  Sigmoid: called((x) => `torch.sigmoid(${x})`),
  Tanh: called((x) => `torch.tanh(${x})`),
  ELU: called((x) => `F.elu(${x})`),
  GELU: called((x) => `F.gelu(${x})`),
  SiLU: called((x) => `F.silu(${x})`),
  Softplus: called((x) => `F.softplus(${x})`),
  MaxPooling2D: called((x, { settings }) => `F.max_pool2d(${x}, ${tuple(each(settings.poolSize, 2))})`),
  AveragePooling2D: called((x, { settings }) => `F.avg_pool2d(${x}, ${tuple(each(settings.poolSize, 2))})`),
  UpSampling2D: called((x, { settings }) => `F.interpolate(${x}, scale_factor=${tuple(each(settings.size, 2))})`),
  Flatten: reshaping,
  Reshape: reshaping,
  Cropping1D: called((x, { shape }) => `${x}[:, :, :${shape[0]}]`),
  Add: (_, __, values) => ({ value: values.join(' + ') }),
  Concatenate: (_, __, values) => ({ value: `torch.cat([${values.join(', ')}], 1)` }),
};
