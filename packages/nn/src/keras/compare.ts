import { LayersError } from '../errors.ts';
import type { PlacedLayer, Sequential } from '../sequential.ts';
import { type KerasStep, normalised, type Settings, WITHOUT_EFFECT } from './architecture.ts';

/** The layers of a file, by Keras's names, that a model took its weights from. */
export interface Taken {
  readonly model: Sequential;
  /** In the order of the model's layers that have weights. */
  readonly names: readonly string[];
  /** The name of the enclosing model in the file, if it is known. */
  readonly within: string | undefined;
  readonly file: string;
  /** The file's description of its models, if it has one. */
  readonly architecture: readonly (readonly KerasStep[])[] | undefined;
}

/**
 * Compares the layers that files describe with the models that took their weights: type, order, activations and
 * settings. Skips models that a file does not describe.
 * @throws LayersError that names the first layer that differs
 */
export function compareLayers(all: readonly Taken[]): void {
  const described = all.map((taken) => ({ taken, steps: stepsAround(taken) }));
  for (const { taken, steps } of described) {
    if (steps === undefined) continue;
    const beside = described.filter((other) => other.steps === steps).map((other) => other.taken);
    compare(taken, own(taken, steps, beside));
  }
}

/** The steps of the file's model that contains the layers. */
function stepsAround({ names, within, architecture = [] }: Taken): readonly KerasStep[] | undefined {
  const having = architecture.filter((steps) => names.every((name) => steps.some(({ layer }) => layer === name)));
  // A nested model may have layers with the same names.
  return having.find(([first]) => first!.model === within) ?? having[0];
}

/**
 * The steps that belong to this model. `beside` lists all of this project's models that one model of the file contains.
 */
function own(taken: Taken, steps: readonly KerasStep[], beside: readonly Taken[]): readonly KerasStep[] {
  const start = ({ names }: Taken): number => steps.findIndex(({ layer }) => names.includes(layer));
  const inOrder = beside.toSorted((a, b) => start(a) - start(b));
  const begins = inOrder.map((other, i) => {
    if (i === 0) return 0;
    // Layers before the model's first layer with weights belong to it too.
    const leading = withEffect(other.model.layers).findIndex(({ weights }) => weights.length > 0);
    return Math.max(start(other) - leading, start(inOrder[i - 1]!) + 1);
  });
  const at = inOrder.indexOf(taken);
  return steps.slice(begins[at], begins[at + 1]);
}

const withEffect = (layers: Sequential['layers']): Sequential['layers'] =>
  layers.filter(({ layer }) => !WITHOUT_EFFECT.has(layer.type));

function compare({ model, file }: Taken, found: readonly KerasStep[]): void {
  const heads = model.layers.length - model.lastStage.length;
  const whole = model.lastStage.length === 1;
  // Parallel layers may be in any order, with the layers that sample a latent code between and after them.
  const trunk = withEffect(whole ? model.layers : model.layers.slice(0, heads));
  for (const [i, placed] of trunk.entries()) {
    const step = found[i];
    const wanted = `${model.name}.${placed.name} is ${describe(formOf(placed))}`;
    if (step === undefined) throw new LayersError(`${file}: ends before ${wanted}. It was saved from another model.`);
    if (!agree(step, placed))
      throw new LayersError(
        `${file}: its layer '${step.layer}' is ${describe(step)}, but ${wanted}. It was saved from another model.`,
      );
  }
  const surplus = whole ? found[trunk.length] : undefined;
  if (surplus !== undefined) {
    throw new LayersError(
      `${file}: its layer '${surplus.layer}' (${describe(surplus)}) is one too many: the ${model.name} ends before it. ` +
        'It was saved from another model.',
    );
  }
}

const formOf = ({ layer: { type, settings = {} } }: PlacedLayer): { type: string; settings: Settings } =>
  normalised({ type, settings });

function agree(step: KerasStep, placed: PlacedLayer): boolean {
  const { type, settings } = formOf(placed);
  if (step.type !== type) return false;
  const keys = new Set([...Object.keys(settings), ...Object.keys(step.settings)]);
  return [...keys].every((key) => {
    if (key === 'axis') return step.settings.axis === -1 || step.settings.axis === placed.outputShape.length;
    const [a, b] = [step.settings[key], settings[key]];
    if (key === 'shape') return sameTarget(String(a), String(b));
    // Keras writes numbers rounded to float32.
    return typeof a === 'number' && typeof b === 'number' ? Math.fround(a) === Math.fround(b) : a === b;
  });
}

/** Whether two target shapes agree. -1 marks an extent that Keras infers. */
function sameTarget(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => text.slice(1, -1).split(','));
  return one!.length === other!.length && one!.every((extent, i) => extent === '-1' || extent === other![i]);
}

function describe({ type, settings }: { readonly type: string; readonly settings: Settings }): string {
  const entries = Object.entries(settings).map(([key, value]) => `${key} ${shortened(value)}`);
  return entries.length === 0 ? type : `${type} with ${entries.join(', ')}`;
}

const shortened = (value: number | string): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(6))) : value;
