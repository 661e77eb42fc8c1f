import { ExportError } from '../errors.ts';
import { channelsFirst, each, windowsOf } from '../geometry.ts';
import type { Step } from '../graph.ts';
import { type Attribute, ELEMENTS, type GraphWriter } from './graph.ts';

/**
 * The output of a step. ONNX's convolutions take images [batch, channels, height, width]. A value keeps that layout
 * until a consumer needs its channels last, as in Keras and outside the graph.
 */
interface Value {
  readonly name: string;
  readonly channels: 'first' | 'last';
}

/**
 * Writes the steps of a model.
 *
 * @param input the name of the input value, channels last
 * @returns a function that returns the name of a step's output, channels last
 * @throws ExportError for a layer that has no counterpart here
 */
export function writeSteps(graph: GraphWriter, steps: readonly Step[], input: string): (step: Step) => string {
  const values = new Map<Step, Value>();
  for (const step of steps) {
    if (step.type === 'Input') {
      values.set(step, { name: input, channels: 'last' });
      continue;
    }
    const write = WRITERS[step.type];
    if (write === undefined) throw new ExportError(`ONNX: there is no counterpart of ${step.name} (${step.type}).`);
    values.set(step, write(new StepWriter(graph, step, values), step));
  }
  return (step) => new StepWriter(graph, step, values).last(step).name;
}

/** One step and the values before it. */
class StepWriter {
  readonly graph: GraphWriter;
  private readonly step: Step;
  private readonly values: ReadonlyMap<Step, Value>;

  constructor(graph: GraphWriter, step: Step, values: ReadonlyMap<Step, Value>) {
    this.graph = graph;
    this.step = step;
    this.values = values;
  }

  /** The value in its current layout. */
  any(of: Step = this.step.inputs[0]!): Value {
    return this.values.get(of)!;
  }

  first(of: Step = this.step.inputs[0]!): Value {
    const value = this.any(of);
    // Vectors have only channels.
    return of.shape.length === 1 || value.channels === 'first' ? value : this.turned(of, value, 'first');
  }

  last(of: Step = this.step.inputs[0]!): Value {
    const value = this.any(of);
    return of.shape.length === 1 || value.channels === 'last' ? value : this.turned(of, value, 'last');
  }

  weight(name: string, as = (tensor: Step['weights'][string]) => tensor): string {
    return this.graph.constant(`${this.step.name}.${name}`, as(this.step.weights[name]!));
  }

  scalar(name: string, value: number): string {
    return this.graph.constant(`${this.step.name}.${name}`, { shape: [], data: Float32Array.of(value) });
  }

  /** An operation on values in the layout of `value`, its first operand. */
  node(
    op: string,
    value: Value,
    more: readonly string[] = [],
    attributes: Record<string, Attribute> = {},
    part = '',
  ): Value {
    const name = this.graph.node(op, `${this.step.name}${part}`, [value.name, ...more], attributes);
    return { name, channels: value.channels };
  }

  private turned(of: Step, value: Value, channels: Value['channels']): Value {
    const spatial = Array.from(of.shape.slice(1), (_, d) => d + 1);
    const perm = channels === 'first' ? [0, spatial.length + 1, ...spatial] : [0, ...spatial.map((d) => d + 1), 1];
    // Named after its consumer, because there may be two.
    const name = this.graph.node('Transpose', `${this.step.name}.${of.name}.channels_${channels}`, [value.name], {
      perm,
    });
    return { name, channels };
  }
}

type Writer = (writer: StepWriter, step: Step) => Value;

const simple =
  (op: string, attributes: (step: Step) => Record<string, Attribute> = () => ({})): Writer =>
  (writer, step) =>
    writer.node(op, writer.any(), [], attributes(step));

const convolution: Writer = (writer, step) => {
  const { size, stride, before, after, beyond } = windowsOf(step);
  const transposed = step.type.endsWith('Transpose');
  const attributes = {
    kernel_shape: size,
    strides: stride,
    pads: [...before, ...after],
    ...(transposed ? { output_padding: beyond } : {}),
  };
  const weights = [writer.weight('kernel', channelsFirst), writer.weight('bias')];
  return writer.node(transposed ? 'ConvTranspose' : 'Conv', writer.first(), weights, attributes);
};

const pooling =
  (op: string): Writer =>
  (writer, step) => {
    const size = each(step.settings.poolSize, step.shape.length - 1);
    return writer.node(op, writer.first(), [], { kernel_shape: size, strides: size });
  };

const reshaping: Writer = (writer, step) => {
  const shape = writer.graph.integers(`${step.name}.shape`, [-1, ...step.shape]);
  return { ...writer.node('Reshape', writer.last(), [shape]), channels: 'last' };
};

const epsilon = ({ settings }: Step): { readonly float: number } => ({ float: Number(settings.epsilon) });

const WRITERS: Readonly<Record<string, Writer>> = {
  Dense: (writer) => writer.node('Gemm', writer.last(), [writer.weight('kernel'), writer.weight('bias')]),
  // Gather needs integers, but every input of the graph is float.
  Embedding: (writer, step) => {
    const indices = writer.node('Cast', writer.last(), [], { to: ELEMENTS.int64 }, '.indices');
    const name = writer.graph.node('Gather', step.name, [writer.weight('embeddings'), indices.name]);
    return { name, channels: 'last' };
  },
  Conv1D: convolution,
  Conv2D: convolution,
  Conv1DTranspose: convolution,
  Conv2DTranspose: convolution,
  BatchNormalization: (writer, step) => {
    const weights = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) => writer.weight(name));
    return writer.node('BatchNormalization', writer.first(), weights, { epsilon: epsilon(step) });
  },
  LayerNormalization: (writer, step) => {
    const weights = [writer.weight('gamma'), writer.weight('beta')];
    return writer.node('LayerNormalization', writer.last(), weights, { axis: -1, epsilon: epsilon(step) });
  },
  LeakyReLU: simple('LeakyRelu', ({ settings }) => ({ alpha: { float: Number(settings.slope) } })),
  ReLU: simple('Relu'),
  Sigmoid: simple('Sigmoid'),
  Tanh: simple('Tanh'),
  ELU: simple('Elu', () => ({ alpha: { float: 1 } })),
  Softplus: simple('Softplus'),
  SiLU: (writer) => {
    const x = writer.any();
    return writer.node('Mul', x, [writer.node('Sigmoid', x, [], {}, '.sigmoid').name]);
  },
  // x · (1 + erf(x / √2)) / 2: this opset has no Gelu operation yet.
  GELU: (writer) => {
    const x = writer.any();
    const scaled = writer.node('Mul', x, [writer.scalar('root', Math.SQRT1_2)], {}, '.scaled');
    const erf = writer.node('Erf', scaled, [], {}, '.erf');
    const above = writer.node('Add', erf, [writer.scalar('one', 1)], {}, '.above');
    const share = writer.node('Mul', above, [writer.scalar('half', 0.5)], {}, '.share');
    return writer.node('Mul', x, [share.name]);
  },
  MaxPooling2D: pooling('MaxPool'),
  AveragePooling2D: pooling('AveragePool'),
  UpSampling2D: (writer, step) => {
    const data = Float32Array.of(1, 1, ...each(step.settings.size, 2));
    const scales = writer.graph.constant(`${step.name}.scales`, { shape: [data.length], data });
    const nearest = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
    return writer.node('Resize', writer.first(), ['', scales], nearest);
  },
  Flatten: reshaping,
  Reshape: reshaping,
  Cropping1D: (writer, step) => {
    const bound = (name: string, value: number) => writer.graph.integers(`${step.name}.${name}`, [value]);
    const bounds = [bound('start', 0), bound('end', step.shape[0]!), bound('axis', 1)];
    return writer.node('Slice', writer.last(), bounds);
  },
  Add: (writer, { inputs }) =>
    writer.node(
      'Add',
      writer.last(inputs[0]),
      inputs.slice(1).map((input) => writer.last(input).name),
    ),
  Concatenate: (writer, { inputs }) =>
    writer.node(
      'Concat',
      writer.last(inputs[0]),
      inputs.slice(1).map((input) => writer.last(input).name),
      { axis: -1 },
    ),
};
