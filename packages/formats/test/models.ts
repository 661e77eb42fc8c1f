import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { calibrationOf, EXPERIMENTS, fitWeights, scoreOf } from '@hourglass/experiments';
import {
  averagePooling2d,
  batchNormalization,
  conv2d,
  conv2dTranspose,
  dense,
  dropout,
  elu,
  embedding,
  flatten,
  gelu,
  layerNormalization,
  leakyRelu,
  maxPooling2d,
  type Network,
  readSafetensors,
  relu,
  reshape,
  Sequential,
  type StoredTensor,
  sigmoid,
  silu,
  softplus,
  tanh,
  upSampling2d,
  Weights,
} from '@hourglass/nn';
import { readKeras } from '@hourglass/nn/keras';
import { type Device, sizeOf, uniformOnHost } from '@hourglass/tensor';
import { needs, REPORT_WEIGHTS } from '@hourglass/testing/real-files';
import { added, seriesAutoencoder } from '../../experiments/src/series/model.ts';
import type { TrainedAutoencoder } from '../src/index.ts';

const VERSION = '1.2.3';

/** The checkpoint of an experiment that ships. */
export function shipped(id: string): TrainedAutoencoder {
  const path = new URL(`../../experiments/checkpoints/${id}/model.safetensors`, import.meta.url);
  const { tensors, metadata } = readSafetensors(readFileSync(path), id);
  const experiment = EXPERIMENTS.get(id)!;
  const fitted = fitWeights(experiment, [{ name: id, tensors, metadata }]);
  const calibration = calibrationOf(fitted);
  const detector = calibration && {
    offset: [calibration.minimum],
    unit: [calibration.maximum - calibration.minimum],
    threshold: calibration.threshold,
    score: scoreOf(fitted),
  };
  return {
    experiment: id,
    title: experiment.title,
    version: VERSION,
    ...fitted.model,
    tensors: fitted.tensors,
    detector,
  };
}

/** The report's own files, which may be beside the checkout. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  fashion: ['fashion/autoencoderFashion2.h5'],
  ecg: ['ecg/autoencoderECG.h5'],
  cartoon: ['cartoon/enc_24.h5', 'cartoon/dec_24.h5'],
};
/** The experiments whose files exist: all or none. */
export const REPORT: readonly string[] = needs("exports of the report's weights", REPORT_WEIGHTS).skip
  ? []
  : Object.keys(FILES);

export function report(id: string): TrainedAutoencoder {
  const experiment = EXPERIMENTS.get(id)!;
  const files = FILES[id]!.map((name) => ({
    name,
    weights: readKeras(readFileSync(join(REPORT_WEIGHTS, name)), name),
  }));
  const { model, tensors } = fitWeights(experiment, files);
  return { experiment: id, title: experiment.title, version: VERSION, ...model, tensors };
}

/** Every weight away from its initial value, so that none can be mixed up or left out. */
export async function madeUp(device: Device, models: readonly Network[]): Promise<Map<string, StoredTensor>> {
  const initial = await new Weights(device, models, 0).read();
  const moved = [...initial].map(([name, { shape, data }], step): [string, StoredTensor] => {
    const noise = uniformOnHost(data.length, { seed: 1, step });
    return [name, { shape, data: data.map((value, i) => value + 0.2 * (noise[i]! - 0.5)) }];
  });
  return new Map(moved);
}

/** A detector of one's own series. */
export async function series(device: Device, model: 'dense' | 'conv'): Promise<TrainedAutoencoder> {
  // Halved to an odd number of instants, so that the decoder has to leave some out.
  const { encoder, decoder } = seriesAutoencoder({ model, window: 90, channels: 2 }, 4);
  const tensors = await madeUp(device, [encoder, decoder]);
  const detector = {
    offset: [3, -20],
    unit: [0.5, 40],
    threshold: 0.55,
    score: model === 'dense' ? 'mae' : 'rmse',
  } as const;
  return { experiment: 'series', title: 'Series', version: VERSION, encoder, decoder, tensors, detector };
}

/** Every layer that the library has, and windows that lie in every way. */
export async function everyLayer(device: Device): Promise<TrainedAutoencoder> {
  const encoder = new Sequential(
    'encoder',
    [19, 14, 3],
    [
      conv2d({ filters: 4, kernelSize: [4, 3], stride: [2, 3] }),
      batchNormalization(),
      elu(),
      dropout(0.5),
      upSampling2d([2, 3]),
      layerNormalization(),
      maxPooling2d(2),
      gelu(),
      conv2d({ filters: 5, kernelSize: 2, stride: 3 }),
      silu(),
      averagePooling2d([2, 1]),
      flatten(),
      [dense(3), dense(4)],
      layerNormalization(),
    ],
  );
  const decoder = new Sequential('decoder', encoder.outputShape, [
    dense(4 * 3 * 2),
    batchNormalization(),
    softplus(),
    reshape([4, 3, 2]),
    conv2dTranspose({ filters: 3, kernelSize: 2, stride: 3 }),
    leakyRelu(0.1),
    conv2dTranspose({ filters: 4, kernelSize: [5, 3], stride: [2, 2] }),
    tanh(),
    conv2dTranspose({ filters: 2, kernelSize: [1, 4], stride: [1, 2] }),
    relu(),
    [conv2d({ filters: 3, kernelSize: 3 }), conv2d({ filters: 2, kernelSize: 1 })],
    sigmoid(),
  ]);
  const tensors = await madeUp(device, [encoder, decoder]);
  return { experiment: 'every layer', title: 'Every layer', version: VERSION, encoder, decoder, tensors };
}

/** Two heads at the end of the encoder. */
export async function variational(device: Device): Promise<TrainedAutoencoder> {
  const heads = [conv2d({ filters: 3, kernelSize: 3, stride: 2 }), relu(), flatten(), [dense(2), dense(2)]];
  const encoder = new Sequential('encoder', [5, 6, 1], heads);
  const decoder = new Sequential('decoder', [2], [dense(30), reshape([5, 6, 1]), sigmoid()]);
  const tensors = await madeUp(device, [encoder, decoder]);
  return { experiment: 'variational', title: 'Variational', version: VERSION, encoder, decoder, tensors };
}

/** Transposed convolutions whose output is smaller than usual, which Keras's can't be. */
export async function outputSizes(device: Device): Promise<TrainedAutoencoder> {
  const encoder = new Sequential('encoder', [4], [dense(24)]);
  const decoder = new Sequential(
    'decoder',
    [24],
    [
      reshape([4, 3, 2]),
      conv2dTranspose({ filters: 3, kernelSize: 2, stride: 3, outputSize: [11, 8] }),
      conv2dTranspose({ filters: 4, kernelSize: [5, 3], stride: [2, 2], outputSize: [21, 15] }),
    ],
  );
  const tensors = await madeUp(device, [encoder, decoder]);
  return { experiment: 'output sizes', title: 'Output sizes', version: VERSION, encoder, decoder, tensors };
}

/** Names that Python or Keras do not accept, and two that become equal when these characters are replaced. */
export async function ownNames(device: Device): Promise<TrainedAutoencoder> {
  const branch = (name: string) => new Sequential(name, [4], [dense(4), tanh()]);
  const both = added([branch('left/half'), branch('left_half')]);
  const encoder = new Sequential('to 2.5 codes/é', [6], [dense(4), both, dense(2)]);
  const decoder = new Sequential('from-codes', [2], [dense(4), relu(), dense(6)]);
  const tensors = await madeUp(device, [encoder, decoder]);
  return { experiment: 'own/names', title: 'Own "names"', version: VERSION, encoder, decoder, tensors };
}

/** Samples of numbered categories. */
export async function embedded(device: Device): Promise<TrainedAutoencoder> {
  const encoder = new Sequential(
    'encoder',
    [3, 2],
    [embedding({ count: CATEGORIES, units: 4 }), conv2d({ filters: 3, kernelSize: 2 }), flatten(), dense(2)],
  );
  const decoder = new Sequential('decoder', [2], [dense(6), reshape([3, 2])]);
  const tensors = await madeUp(device, [encoder, decoder]);
  return { experiment: 'embedded', title: 'Embedded', version: VERSION, encoder, decoder, tensors };
}

const CATEGORIES = 5;

/** Whether the samples of a model are u32 indices. */
export const takesIndices = ({ encoder }: Pick<TrainedAutoencoder, 'encoder'>): boolean =>
  encoder.layers[0]!.layer.type === 'Embedding';

/** Random samples, flat. */
export function samples(model: Pick<TrainedAutoencoder, 'encoder'>, count: number): Float32Array {
  const numbers = uniformOnHost(count * sizeOf(model.encoder.inputShape), { seed: 2 });
  return takesIndices(model) ? numbers.map((number) => Math.floor(CATEGORIES * number)) : numbers;
}
