/** Trains the classifier of Fashion-MNIST, and writes packages/experiments/checkpoints/fashion-classifier. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../packages/apps-cli/src/usage/errors.ts';
import { DATASETS } from '../packages/datasets/src/index.ts';
import { loadDataset } from '../packages/datasets/src/node/index.ts';
import {
  allRows,
  classification,
  experimentData,
  fashionClassifier,
  fitWeights,
  type LabelledImages,
  type Samples,
  TrainedModel,
} from '../packages/experiments/src/index.ts';
import {
  type BatchSource,
  readSafetensors,
  type StoredTensor,
  scheduled,
  shuffledRows,
  Trainer,
  Weights,
  writeSafetensors,
} from '../packages/nn/src/index.ts';
import { pollPatiently, requestAdapter } from '../packages/node/src/index.ts';
import { Device } from '../packages/tensor/src/index.ts';

const BATCH = 64;
const LEARNING_RATE = 1e-3;
const SEED = 0;

const { values } = parseArgs({
  options: {
    'data-dir': { type: 'string' },
    epochs: { type: 'string', default: '3' },
    out: { type: 'string', default: 'packages/experiments/checkpoints/fashion-classifier' },
  },
});
const epochs = Number(values.epochs);
const { id, latent, build } = fashionClassifier;

const { source, classes, train, test } = experimentData(
  await loadDataset('fashion-mnist', { dataDir: values['data-dir'], notice: (text) => console.error(text) }),
);
if (source === 'procedural') throw new UsageError('The classifier must be trained on the real data; give --data-dir.');
pollPatiently();
const { adapter, info } = await requestAdapter('auto', {});
const device = await Device.create(adapter, info.kind);

const model = build();
const weights = new Weights(device, [model.encoder, model.decoder], SEED);
const batches = (samples: Samples): BatchSource<LabelledImages> => {
  if (!('rows' in samples) || !(samples.rows instanceof Uint8Array)) throw new Error('The images must be bytes.');
  const { count, shape, labels, rows } = samples;
  const oneHot = new Uint8Array(count * classes.length);
  for (const [i, label] of labels.entries()) oneHot[i * classes.length + label] = 1;
  const stored = shuffledRows({
    images: device.bytes(rows, [count, ...shape]),
    classes: device.bytes(oneHot, [count, classes.length]),
  });
  return {
    count,
    batch: (size, position) => {
      const { images, classes } = stored.batch(size, position);
      return { images: images.div(255), classes };
    },
  };
};
const training = batches(train);
const trainer = new Trainer({
  weights,
  objective: classification(model),
  training,
  validation: batches(test),
  batchSize: BATCH,
  learningRate: scheduled('cosine', LEARNING_RATE, epochs * Math.ceil(training.count / BATCH)),
  seed: SEED,
  validationBatchSize: 500,
});
for (let epoch = 1; epoch <= epochs; epoch++) {
  const { loss } = (await trainer.trainEpoch())!;
  const accuracy = await accuracyOf(new TrainedModel(model, weights), test);
  console.log(`epoch ${epoch}: loss ${loss!.toFixed(4)}, test accuracy ${(100 * accuracy).toFixed(2)} %`);
}

const metadata = { 'hourglass.experiment': id, format: 'pt' };
const bytes = writeSafetensors(await weights.read(), metadata, { dtype: 'F16' });
const stored = readSafetensors(bytes, id).tensors;
const fitted = fitWeights(fashionClassifier, [{ name: id, tensors: stored }]);
const accuracy = await accuracyOf(TrainedModel.from(device, fitted), test);
await mkdir(values.out, { recursive: true });
await writeFile(join(values.out, 'model.safetensors'), bytes);
await writeFile(join(values.out, 'README.md'), card(stored, accuracy));
console.log(`${values.out}: test accuracy ${(100 * accuracy).toFixed(2)} % in float16`);
device.destroy();

/** The share of samples whose class has the largest logit. */
async function accuracyOf(trained: TrainedModel, samples: Samples): Promise<number> {
  const logits = await trained.reconstruct(await allRows(samples));
  const count = classes.length;
  const chosen = Array.from(samples.labels, (_, i) => {
    const own = logits.subarray(i * count, (i + 1) * count);
    return own.indexOf(Math.max(...own));
  });
  return chosen.filter((label, i) => label === samples.labels[i]).length / samples.count;
}

function card(tensors: ReadonlyMap<string, StoredTensor>, accuracy: number): string {
  const parameters = [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
  return `# Fashion-MNIST classifier

- **Command:** \`node scripts/train-classifier.mjs --data-dir D --epochs ${epochs}\`
- **Training:** Adam, batches of ${BATCH}, learning rate ${LEARNING_RATE}, falling along a cosine; seed ${SEED}
- **Adapter:** ${info.name}, ${new Date().toISOString().slice(0, 10)}
- **Data:** fashion-mnist, ${training.count} training samples. ${DATASETS['fashion-mnist'].credit}
- **Parameters:** ${parameters}, stored in float16

| metric, on the ${test.count} samples of the test split | value |
| --- | --- |
| accuracy | ${accuracy.toFixed(4)} |

\`evaluate fashion-gan --samples N\` compares generated with real images by the ${latent} numbers that this classifier computes
before it chooses a class.

**Limits:** Knows 28x28 garments of ten classes only. Distances between its features can be compared only with
distances that were measured with the same weights.

The weights are under the project's licence (MIT).
`;
}
