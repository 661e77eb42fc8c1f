import { type StoredTensor, writeSafetensors } from '@hourglass/nn';
import type { Shape } from '@hourglass/tensor';
import { type Step, stepsOf, uniqueName } from '../graph.ts';
import { facts, isVariational, type TrainedAutoencoder, valuesOf } from '../trained.ts';
import { torchStep } from './layers.ts';

/**
 * A trained autoencoder for PyTorch: a module of plain torch.nn that documents its use, and the weights that it loads,
 * keyed by file name. Images are [batch, channels, height, width], signals [batch, channels, length].
 *
 * @throws ExportError for a layer that has no counterpart in PyTorch, WeightsError if a weight is missing
 */
export function torchFiles(model: TrainedAutoencoder): Map<string, Uint8Array> {
  const weights = new Map<string, StoredTensor>();
  const halves = HALVES.map((half) => {
    const steps = stepsOf(model[half], model.tensors);
    const last = steps.at(-1)!;
    const outputs = half === 'encoder' && isVariational(model) ? last.inputs : [last];
    const own = outputs === last.inputs ? steps.slice(0, -1) : steps;
    return moduleClass(half, attributes(own, model[half].name), outputs, weights);
  });
  const text = [header(model), ...halves, autoencoder(model), detector(model), footer(model)].filter(
    (part) => part !== '',
  );
  return new Map([
    ['model.py', new TextEncoder().encode(`${text.join('\n\n\n')}\n`)],
    ['model.safetensors', writeSafetensors(weights, { ...facts(model), format: 'pt' })],
  ]);
}

/** The modules' names, whatever the names of the two models are. */
const HALVES = ['encoder', 'decoder'] as const;

const capitalised = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
/** Several lines of text, each indented. */
const indented = (lines: readonly string[]): string =>
  lines.map((line) => (line === '' ? '' : `        ${line}`)).join('\n');
const quoted = (text: string): string => text.replaceAll(/[\\"]/g, '\\$&').replaceAll(/\p{Cc}/gu, ' ');

/** [batch, channels, ...]: a shape of the engine in PyTorch's layout. */
const shapeText = (shape: Shape): string => `[batch, ${[shape.at(-1), ...shape.slice(0, -1)].join(', ')}]`;

/** One half of the model. Its weights are added to `all` under the module's names. */
function moduleClass(
  half: (typeof HALVES)[number],
  steps: ReadonlyMap<Step, string>,
  outputs: readonly Step[],
  all: Map<string, StoredTensor>,
): string {
  const uses = new Map<Step, number>();
  for (const step of [...[...steps.keys()].flatMap(({ inputs }) => inputs), ...outputs])
    uses.set(step, (uses.get(step) ?? 0) + 1);
  const values = new Map<Step, string>();
  const modules: string[] = [];
  const lines: string[] = [];
  let fresh = 0;
  for (const [step, name] of steps) {
    const { inputs } = step;
    if (inputs.length === 0) {
      values.set(step, 'x');
      continue;
    }
    const {
      module,
      weights = {},
      value,
    } = torchStep(
      step,
      `self.${name}`,
      inputs.map((input) => values.get(input)!),
    );
    if (module !== undefined) modules.push(`self.${name} = ${module}`);
    for (const [weight, tensor] of Object.entries(weights)) all.set(`${half}.${name}.${weight}`, tensor);
    // The value of a chain stays `x`; a value with several consumers has its own name.
    const own = inputs.length === 1 && uses.get(inputs[0]!) === 1 ? values.get(inputs[0]!)! : `x${++fresh}`;
    values.set(step, own);
    lines.push(`${own} = ${value}`);
  }
  return `class ${capitalised(half)}(nn.Module):
    def __init__(self):
        super().__init__()
${indented(modules)}

    def forward(self, x):
${indented([...lines, `return ${outputs.map((output) => values.get(output)!).join(', ')}`])}`;
}

/** The steps of the model called `model` with the names of their modules, which are unique and valid in Python. */
function attributes(steps: readonly Step[], model: string): Map<Step, string> {
  const taken = new Set<string>();
  return new Map(
    steps.map((step) => [step, uniqueName(step.name.slice(model.length + 1).replaceAll(/\W/g, '_'), taken)]),
  );
}

function header(model: TrainedAutoencoder): string {
  const { title, version, encoder, decoder } = model;
  const codes = isVariational(model) ? 'the mean and the logarithm of the variance of codes' : 'codes';
  return `"""${quoted(title)}, exported by Hourglass ${quoted(version)}.

    model = load("model.safetensors")
    y = model(x)

The encoder takes ${shapeText(encoder.inputShape)}, ${valuesOf(model)}, and gives ${codes}
${shapeText(decoder.inputShape)}; the decoder takes codes.
"""
import torch
from torch import nn
from torch.nn import functional as F`;
}

function autoencoder(model: TrainedAutoencoder): string {
  const code = isVariational(model) ? 'self.encoder(x)[0]' : 'self.encoder(x)';
  return `class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()

    def forward(self, x):
        return self.decoder(${code})`;
}

/** The error of each series `x`, in PyTorch. */
const ERRORS = {
  mae: '(self.autoencoder(x) - x).abs().flatten(1).mean(1)',
  rmse: '(self.autoencoder(x) - x).square().flatten(1).mean(1).sqrt()',
} as const;

function detector({ detector: found, encoder }: TrainedAutoencoder): string {
  if (found === undefined) return '';
  const column = encoder.inputShape.length > 1;
  const numbers = (values: readonly number[]): string =>
    `torch.tensor([${values.map((value) => (column ? `[${value}]` : value)).join(', ')}])`;
  return `class Detector(nn.Module):
    """Takes raw series ${shapeText(encoder.inputShape)} and gives their errors and whether they are abnormal, [batch] each."""

    threshold = ${found.threshold}

    def __init__(self, autoencoder):
        super().__init__()
        self.autoencoder = autoencoder
        self.register_buffer("offset", ${numbers(found.offset)}, persistent=False)
        self.register_buffer("unit", ${numbers(found.unit)}, persistent=False)

    def forward(self, series):
        x = (series - self.offset) / self.unit
        error = ${ERRORS[found.score]}
        return error, error > self.threshold`;
}

function footer({ detector: found }: TrainedAutoencoder): string {
  const detector = found === undefined ? '' : '\n\n\ndef load_detector(path):\n    return Detector(load(path)).eval()';
  return `def load(path):
    from safetensors.torch import load_file

    model = Autoencoder()
    model.load_state_dict(load_file(path), strict=True)
    return model.eval()${detector}`;
}
