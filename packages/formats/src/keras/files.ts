import { zipSync } from 'fflate';
import { facts, isVariational, type TrainedAutoencoder } from '../trained.ts';
import { joinedModel, type KerasModel, kerasModel } from './model.ts';

/** The release of Keras whose format these files have. */
const KERAS_VERSION = '3.15.1';
/** The earliest date in a zip archive, so that equal models give equal files. */
const DATE = new Date(1980, 0, 1);

/**
 * A trained autoencoder as archives of Keras 3, which `keras.models.load_model` opens: its encoder, its decoder, and
 * both as one model, keyed by file name. A variational encoder has two outputs, the mean and the logarithm of the
 * variance.
 *
 * @throws ExportError for a layer that Keras does not have, WeightsError if a weight is missing
 */
export async function kerasFiles(model: TrainedAutoencoder): Promise<Map<string, Uint8Array>> {
  const encoder = kerasModel(model.encoder, model.tensors, { heads: isVariational(model) });
  const decoder = kerasModel(model.decoder, model.tensors);
  const whole = joinedModel('autoencoder', encoder, decoder);
  const files = new Map<string, Uint8Array>();
  for (const [name, part] of Object.entries({ encoder, decoder, model: whole }))
    files.set(`${name}.keras`, await archive(part, facts(model)));
  return files;
}

/** The archive, not compressed, as Keras writes it. */
async function archive(model: KerasModel, about: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const json = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const members = {
    'metadata.json': json({ keras_version: KERAS_VERSION, ...about }),
    'config.json': json(model.config),
    'model.weights.h5': await writeWeights(model),
  };
  return zipSync(members, { level: 0, mtime: DATE });
}

/** `model.weights.h5`: a group for each layer, with its weights by number. */
async function writeWeights({ name, weights }: KerasModel): Promise<Uint8Array> {
  // h5wasm is 4 MB of WebAssembly, so it is loaded only to write these files.
  const { default: h5wasm } = await import('h5wasm');
  const { FS } = await h5wasm.ready;
  const temporary = 'model.weights.h5'; // in a file system in memory
  // The oldest layout of groups, as h5py writes it.
  const file = new h5wasm.File(temporary, 'w', { libver: ['earliest', 'latest'] });
  try {
    file.create_group('vars').create_attribute('name', name);
    const made = new Set<string>();
    for (const [path, { name: layer, tensors }] of weights) {
      const parts = path.split('/');
      for (const group of parts.map((_, i) => parts.slice(0, i + 1).join('/')).filter((group) => !made.has(group))) {
        file.create_group(group);
        made.add(group);
      }
      const vars = file.create_group(`${path}/vars`);
      vars.create_attribute('name', layer);
      for (const [i, { shape, data }] of tensors.entries())
        vars.create_dataset({ name: String(i), data, shape: [...shape], dtype: '<f4' });
    }
  } finally {
    file.close();
  }
  const bytes = FS.readFile(temporary);
  FS.unlink(temporary);
  return bytes;
}
