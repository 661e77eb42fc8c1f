import type { Shape } from '@hourglass/tensor';
import { type Step, stepsOf } from '../graph.ts';
import { type Detector, facts, isVariational, sampleName, type TrainedAutoencoder, valuesOf } from '../trained.ts';
import { GraphWriter } from './graph.ts';
import { writeSteps } from './layers.ts';
import { encodeModel } from './messages.ts';

/** The operations and the format of ONNX 1.12 (2022), which ONNX Runtime 1.17 and later run. */
const OPSET = 17;
const IR_VERSION = 8;

/**
 * A trained autoencoder as ONNX: its encoder, its decoder, and both as one model, keyed by file name. The batch size is
 * dynamic; images are [batch, height, width, channels] as in the engine. The model of a detector takes raw series and
 * also returns their errors and verdicts.
 *
 * @throws ExportError for a layer that has no counterpart in ONNX, WeightsError if a weight is missing
 */
export function onnxFiles(model: TrainedAutoencoder): Map<string, Uint8Array> {
  const graphs = { encoder: encoderGraph, decoder: decoderGraph, model: wholeGraph };
  return new Map(Object.entries(graphs).map(([name, write]) => [`${name}.onnx`, encoded(model, name, write)]));
}

function encoded(
  model: TrainedAutoencoder,
  name: string,
  write: (graph: GraphWriter, model: TrainedAutoencoder) => void,
): Uint8Array {
  const graph = new GraphWriter();
  write(graph, model);
  const docString = `${model.title}: the ${name === 'model' ? 'whole model' : name}`;
  return encodeModel({
    irVersion: IR_VERSION,
    opsetImport: { domain: '', version: OPSET },
    producerName: 'hourglass',
    producerVersion: model.version,
    docString,
    graph: graph.finish(`${model.experiment}.${name}`, docString),
    metadataProps: { ...facts(model), part: name },
  });
}

function encoderGraph(graph: GraphWriter, model: TrainedAutoencoder): void {
  const sample = sampleName(model);
  const input = graph.input(sample, model.encoder.inputShape, described(model));
  const codes = writeEncoder(graph, model, input);
  for (const [name, { value, shape }] of Object.entries(codes)) graph.output(value, name, shape, DESCRIPTIONS[name]!);
}

function decoderGraph(graph: GraphWriter, model: TrainedAutoencoder): void {
  const input = graph.input('code', model.decoder.inputShape, DESCRIPTIONS.code!);
  graph.output(writeDecoder(graph, model, input), sampleName(model), model.decoder.outputShape, described(model));
}

function wholeGraph(graph: GraphWriter, model: TrainedAutoencoder): void {
  const { detector, encoder } = model;
  const sample = sampleName(model);
  const input = graph.input(sample, encoder.inputShape, detector ? 'as recorded' : described(model));
  const scaled = detector ? writeScaling(graph, detector, input, encoder.inputShape) : input;
  const { code } = writeEncoder(graph, model, scaled);
  const output = writeDecoder(graph, model, code.value);
  graph.output(output, 'reconstruction', model.decoder.outputShape, described(model));
  if (detector) writeVerdict(graph, detector, scaled, output, encoder.inputShape);
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  code: 'what the decoder takes; of a variational encoder, the mean',
  log_variance: 'the logarithm of the variance of the code',
};

const described = (model: TrainedAutoencoder): string =>
  `${sampleName(model) === 'image' ? 'height, width, channels; ' : ''}${valuesOf(model)}`;

interface Code {
  readonly value: string;
  readonly shape: Shape;
}

/** The encoder's outputs by name; a variational encoder has two. */
function writeEncoder(
  graph: GraphWriter,
  model: TrainedAutoencoder,
  input: string,
): { readonly code: Code; readonly log_variance?: Code } {
  const steps = stepsOf(model.encoder, model.tensors);
  const outputs = writeSteps(graph, steps, input);
  const output = (step: Step): Code => ({ value: outputs(step), shape: step.shape });
  const last = steps.at(-1)!;
  if (!isVariational(model)) return { code: output(last) };
  const [mean, logVariance] = last.inputs;
  return { code: output(mean!), log_variance: output(logVariance!) };
}

function writeDecoder(graph: GraphWriter, model: TrainedAutoencoder, code: string): string {
  const steps = stepsOf(model.decoder, model.tensors);
  return writeSteps(graph, steps, code)(steps.at(-1)!);
}

/** (raw - offset) / unit. */
function writeScaling(graph: GraphWriter, { offset, unit }: Detector, input: string, shape: Shape): string {
  const numbers = (name: string, values: readonly number[]): string =>
    graph.constant(name, { shape: shape.length > 1 ? [values.length] : [], data: Float32Array.from(values) });
  const moved = graph.node('Sub', 'moved', [input, numbers('offset', offset)]);
  return graph.node('Div', 'scaled', [moved, numbers('unit', unit)]);
}

const ERRORS = { mae: 'mean absolute error', rmse: 'root mean squared error' } as const;

/** The error of each series, and whether it is above the threshold. */
function writeVerdict(
  graph: GraphWriter,
  { threshold, score }: Detector,
  scaled: string,
  output: string,
  shape: Shape,
): void {
  const difference = graph.node('Sub', 'difference', [output, scaled]);
  const mean = (values: string): string =>
    graph.node('ReduceMean', 'mean', [values], { axes: shape.map((_, d) => d + 1), keepdims: 0 });
  const error =
    score === 'mae'
      ? mean(graph.node('Abs', 'distance', [difference]))
      : graph.node('Sqrt', 'root', [mean(graph.node('Mul', 'square', [difference, difference]))]);
  const limit = graph.constant('threshold', { shape: [], data: Float32Array.of(threshold) });
  graph.output(error, 'error', [], `the ${ERRORS[score]} of the scaled series`);
  graph.output(
    graph.node('Greater', 'above', [error, limit]),
    'abnormal',
    [],
    'whether it is above the threshold',
    'bool',
  );
}
