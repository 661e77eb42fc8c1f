/** One step of a model that a Keras file describes: a layer, or the activation inside one. */
export interface KerasStep {
  /** Keras's name of the enclosing model. */
  readonly model: string;
  /** Keras's name of the layer. */
  readonly layer: string;
  /** The `type` of this project's layer, or Keras's class name where this project has no such layer. */
  readonly type: string;
  readonly settings: Settings;
}

/** The settings that, together with its weights, determine a layer's output. */
export type Settings = Readonly<Record<string, number | string>>;

/** Limit for damaged files: real models are not nested deeper. */
const DEEPEST = 16;

/** Layers that do nothing outside training. */
export const WITHOUT_EFFECT = new Set([
  'InputLayer',
  'Dropout',
  'SpatialDropout2D',
  'AlphaDropout',
  'GaussianDropout',
  'GaussianNoise',
  'ActivityRegularization',
  'Identity',
]);

/**
 * The steps, in order, of every model in a `model_config` of Keras 2 or 3. A nested model counts as a separate model.
 * @throws SyntaxError, TypeError or RangeError if the text is not a model configuration
 */
export function readArchitecture(config: string): KerasStep[][] {
  const models: KerasStep[][] = [];
  const visit = (model: unknown, depth: number): void => {
    if (depth > DEEPEST) throw new RangeError(`models nested more than ${DEEPEST} deep`);
    const steps: KerasStep[] = [];
    const name = written(record(record(model).config).name);
    models.push(steps);
    for (const layer of layersOf(model) ?? []) {
      if (layersOf(layer) !== undefined) visit(layer, depth + 1);
      else steps.push(...stepsOf(layer).map((step) => ({ model: name, ...step })));
    }
  };
  visit(JSON.parse(config), 0);
  return models;
}

/**
 * Keras's names of the layers that a Keras 3 `config.json` describes, by the paths of the groups that hold their
 * weights. The paths themselves contain only class and number.
 *
 * @throws as {@link readArchitecture}
 */
export function groupNames(config: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const visit = (model: unknown, path: string, depth: number): void => {
    if (depth > DEEPEST) throw new RangeError('models within models without end');
    const counts = new Map<string, number>();
    for (const layer of layersOf(model) ?? []) {
      const { class_name: type, config } = record(layer);
      const kind = snakeCase(String(type));
      const count = counts.get(kind) ?? 0;
      counts.set(kind, count + 1);
      const own = `${path}layers/${count === 0 ? kind : `${kind}_${count}`}`;
      names.set(own, written(record(config).name));
      visit(layer, `${own}/`, depth + 1);
    }
  };
  visit(JSON.parse(config), '', 0);
  return names;
}

/** The name of a class in group paths, in Keras's snake case: `Conv2DTranspose` is `conv2d_transpose`. */
const snakeCase = (type: string): string =>
  type
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/**
 * The layers of a model; undefined if `model` is not a model. In old files, the `config` of a Sequential is itself the
 * list of layers.
 */
function layersOf(model: unknown): readonly unknown[] | undefined {
  const { config } = record(model);
  if (Array.isArray(config)) return config;
  const { layers } = record(config);
  return Array.isArray(layers) ? layers : undefined;
}

function stepsOf(described: unknown): Omit<KerasStep, 'model'>[] {
  const { class_name, config } = record(described);
  const settings = record(config);
  const type = String(class_name);
  const layer = String(settings.name);
  if (WITHOUT_EFFECT.has(type)) return [];
  const activation = activationOf(settings.activation).map((step) => ({ layer, ...step }));
  return type === 'Activation' ? activation : [{ layer, ...normalised(translated(type, settings)) }, ...activation];
}

type Form = Omit<KerasStep, 'model' | 'layer'>;

/** One form for what computes the same: a Reshape to vectors is a Flatten, a LeakyReLU with slope 0 is a ReLU. */
export function normalised(form: Form): Form {
  const { shape, slope } = form.settings;
  if (form.type === 'Reshape' && !String(shape).includes(',')) return { type: 'Flatten', settings: {} };
  return form.type === 'LeakyReLU' && slope === 0 ? { type: 'ReLU', settings: {} } : form;
}

function translated(type: string, config: Readonly<Record<string, unknown>>): Form {
  const number = (value: unknown): number | string => (typeof value === 'number' ? value : written(value));
  switch (type) {
    case 'Conv1D':
    case 'Conv1DTranspose':
    case 'Conv2D':
    case 'Conv2DTranspose': {
      const { strides = 1, padding = 'valid', dilation_rate: dilation = 1, groups = 1, data_format: format } = config;
      const usual = { dilation: square(dilation), groups: number(groups), format: written(format ?? 'channels_last') };
      const { output_padding: outputPadding } = config;
      const settings = { stride: square(strides), padding: written(padding), ...unusual(usual) };
      return {
        type,
        settings: outputPadding == null ? settings : { ...settings, outputPadding: written(outputPadding) },
      };
    }
    case 'BatchNormalization':
      return { type, settings: { epsilon: number(config.epsilon ?? 1e-3), axis: square(config.axis ?? -1) } };
    case 'LayerNormalization':
      return { type, settings: { epsilon: number(config.epsilon ?? 1e-3), axis: square(config.axis ?? -1) } };
    case 'MaxPooling2D':
    case 'AveragePooling2D': {
      const { pool_size: size = 2, strides, padding = 'valid' } = config;
      const settings: Record<string, number | string> = { poolSize: square(size) };
      if (strides != null && square(strides) !== square(size)) settings.stride = square(strides);
      if (padding !== 'valid') settings.padding = written(padding);
      return { type, settings };
    }
    case 'UpSampling2D': {
      const { size = 2, interpolation = 'nearest' } = config;
      const settings: Record<string, number | string> = { size: square(size) };
      if (interpolation !== 'nearest') settings.interpolation = written(interpolation);
      return { type, settings };
    }
    case 'ELU':
      return {
        type,
        settings: config.alpha === undefined || config.alpha === 1 ? {} : { alpha: number(config.alpha) },
      };
    case 'LeakyReLU':
      return leaky(config.alpha ?? config.negative_slope ?? 0.3);
    case 'ReLU': {
      const { max_value: most, threshold = 0, negative_slope: slope = 0 } = config;
      if (most == null && threshold === 0) return leaky(slope);
      return { type, settings: { most: written(most), threshold: number(threshold), slope: number(slope) } };
    }
    case 'Reshape':
      return { type, settings: { shape: written(config.target_shape) } };
    case 'Softmax':
      return { type, settings: { axis: written(config.axis ?? -1) } };
    default:
      return { type, settings: {} };
  }
}

/** Leaves out the settings that equal those of this project's convolutions. */
function unusual({ dilation, groups, format }: Settings): Settings {
  return {
    ...(dilation === 1 ? {} : { dilation: dilation! }),
    ...(groups === 1 ? {} : { groups: groups! }),
    ...(format === 'channels_last' ? {} : { format: format! }),
  };
}

const leaky = (slope: unknown): Form => ({
  type: 'LeakyReLU',
  settings: { slope: typeof slope === 'number' ? slope : written(slope) },
});

/** The Keras activations that are layers in this project, by Keras's names. */
const ACTIVATIONS = new Map([
  ['sigmoid', 'Sigmoid'],
  ['tanh', 'Tanh'],
  ['elu', 'ELU'],
  ['gelu', 'GELU'],
  ['silu', 'SiLU'],
  ['swish', 'SiLU'],
  ['softplus', 'Softplus'],
]);

/** An activation given by its name, or as a serialised Keras function or layer. */
function activationOf(activation: unknown): Form[] {
  if (activation == null || activation === 'linear') return [];
  if (typeof activation !== 'string') {
    const { class_name: type, config } = record(activation);
    if (type === 'function') return activationOf(record(config).name ?? config);
    return [normalised(translated(String(type), record(config)))];
  }
  if (activation === 'relu') return [normalised(leaky(0))];
  if (activation === 'leaky_relu') return [leaky(0.2)];
  return [{ type: ACTIVATIONS.get(activation) ?? activation, settings: {} }];
}

/** One number if all dimensions have the same value. */
function square(value: unknown): number | string {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const [first] = values;
  return typeof first === 'number' && values.every((other) => other === first) ? first : written(value);
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

/** A value as short text, safe for anything a damaged file may contain. */
const written = (value: unknown): string =>
  (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none')).replace(/\p{Cc}/gu, '').slice(0, 60);
