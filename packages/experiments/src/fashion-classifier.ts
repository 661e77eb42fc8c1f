import {
  batchNormalization,
  categoricalCrossEntropies,
  conv2d,
  dense,
  flatten,
  type Layer,
  type Objective,
  relu,
  Sequential,
} from '@hourglass/nn';
import type { Tensor } from '@hourglass/tensor';
import type { Autoencoder } from './model.ts';
import { reconstruct } from './objectives.ts';

/** The number of features that the classifier computes from an image before it chooses a class. */
const FEATURES = 64;
const CLASSES = 10;

const block = (filters: number): Layer[] => [
  conv2d({ filters, kernelSize: 3, stride: 2 }),
  batchNormalization(),
  relu(),
];

/**
 * A classifier of Fashion-MNIST. {@link generationMetrics} compares generated with real images by its features. The
 * features [N, 64] are the codes, and the decoder outputs the logits [N, 10] of the classes.
 */
export const fashionClassifier = {
  id: 'fashion-classifier',
  latent: FEATURES,
  presets: {},
  build: (): Autoencoder => ({
    encoder: new Sequential(
      'features',
      [28, 28, 1],
      [...block(32), ...block(64), flatten(), dense(FEATURES), batchNormalization(), relu()],
    ),
    decoder: new Sequential('classes', [FEATURES], [dense(CLASSES)]),
  }),
};

/** Images [N, 28, 28, 1] and their classes, one-hot [N, 10]. */
export interface LabelledImages extends Readonly<Record<string, Tensor>> {
  readonly images: Tensor;
  readonly classes: Tensor;
}

/** The cross-entropy of the classes. */
export const classification =
  (model: Autoencoder): Objective<LabelledImages> =>
  ({ images, classes }, context) => ({ loss: categoricalCrossEntropies(reconstruct(model, images, context), classes) });
