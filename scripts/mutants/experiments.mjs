import { mutantsOf } from './mutants-of.mjs';

const EXPERIMENTS_ORACLE = ['packages/experiments/test/oracle.test.ts'];
const OBJECTIVES = ['packages/experiments/test/objectives.test.ts'];
const IMAGES = [
  'packages/datasets/test/images/load-images.test.ts',
  'packages/datasets/test/images/decode-image.test.ts',
];
const EVALUATION = ['packages/experiments/test/evaluation.test.ts'];
const SCORES = ['packages/experiments/test/trained-model.test.ts', 'packages/experiments/test/ecg.test.ts'];
const GAN = ['packages/experiments/test/gan.test.ts'];
const GENERATION = ['packages/experiments/test/generation.test.ts'];

export default [
  ...mutantsOf('packages/experiments/src/objectives.ts', EXPERIMENTS_ORACLE, [
    ['the reconstruction weighs 100', 'RECONSTRUCTION_WEIGHT = 1000', 'RECONSTRUCTION_WEIGHT = 100'],
    [
      'the denoiser trains towards its input',
      'reconstruct(model, noisy, context), clean)',
      'reconstruct(model, noisy, context), noisy)',
    ],
    [
      'the denoiser gets the clean image',
      'denoisingTerms(model, addNoise(x, context, choice?.noise), x, context, choice)',
      'denoisingTerms(model, x, x, context, choice)',
    ],
    ['z = mean + exp(logvar) ε', 'logVariance.mul(0.5).exp().mul(normal', 'logVariance.exp().mul(normal'],
    ['z = mean - exp(logvar / 2) ε', 'return mean.add(logVariance.mul', 'return mean.sub(logVariance.mul'],
    ['z without the mean', 'return mean.add(logVariance', 'return mean.mul(0).add(logVariance'],
    ['twice the divergence', '.sum(1).mul(-0.5)', '.sum(1).mul(-1)'],
    ['the divergence is a mean over the code', '.sum(1).mul(-0.5)', '.mean(1).mul(-0.5)'],
    ['the divergence without mean²', '.sub(mean.square())', ''],
    ['the divergence without exp(logvar)', '.sub(logVariance.exp())', ''],
    [
      'absolute errors instead of squared errors',
      "(model: Autoencoder, { loss = 'mse' }",
      "(model: Autoencoder, { loss = 'mae' }",
    ],
    ['squared errors instead of absolute errors', "{ loss = 'mae' }", "{ loss = 'mse' }"],
    [
      'mean and variance are swapped',
      'mean: both.slice([0, 0], [count, latent]), logVariance: both.slice([0, latent], [count, twice])',
      'logVariance: both.slice([0, 0], [count, latent]), mean: both.slice([0, latent], [count, twice])',
    ],
  ]),
  ...mutantsOf('packages/experiments/src/noise.ts', EXPERIMENTS_ORACLE, [
    ['a tenth less noise', 'NOISE_SHARE = 0.1;', 'NOISE_SHARE = 0.09;'],
    ['pepper instead of salt', '.add(1)).add(white)', '.add(1)).add(black)'],
  ]),
  ...mutantsOf(
    'packages/experiments/src/noise.ts',
    ['packages/experiments/test/noise.test.ts'],
    [
      ['the mask leaves what it should take', 'less(share).neg().add(1)', 'less(share)'],
      ['Gaussian noise by its variance', 'mul(deviation)).clip', 'mul(deviation ** 2)).clip'],
      ['Gaussian noise beyond white', '.clip(0, 1)', ''],
      ['more than every pixel', 'value <= KINDS', 'value <= 2 * KINDS'],
      ['the mask on the host leaves what it should take', 'drawn < share ? 0 : x', 'drawn < share ? x : 0'],
      ['pepper instead of salt on the host', '1 - share / 2 ? 1 : x', '1 - share / 2 ? 0 : x'],
      [
        'Gaussian noise on the host beyond white',
        'Math.min(1, Math.max(0, x + deviation * drawn))',
        'x + deviation * drawn',
      ],
    ],
  ),
  ...mutantsOf(
    'packages/nn/src/losses.ts',
    ['packages/nn/test/structural-similarity.test.ts'],
    [
      ['a wider window', 'deviation: 1.5', 'deviation: 1.6'],
      ['a tenth of C2', '0.03 ** 2', '0.01 ** 2'],
      ['half the covariance', 'covariance.mul(2)', 'covariance'],
      ['the variances are not centred', '.add(average(3)).sub(squares)', '.add(average(3))'],
      ['colours mix', '* channels + channel) * channels + channel]', '* channels + channel) * channels]'],
    ],
  ),
  ...mutantsOf('packages/experiments/src/objectives.ts', EVALUATION, [
    [
      'a code is the log variance',
      'code.slice([0, 0], [code.shape[0]!, latent])',
      'code.slice([0, latent], [code.shape[0]!, 2 * latent])',
    ],
  ]),
  ...mutantsOf('packages/experiments/src/objectives.ts', OBJECTIVES, [
    ['beta weighs nothing', 'klLoss.mul(beta)', 'klLoss'],
    ['cross-entropy without its other half', '.add(inverse(safe).log().mul(inverse(t)))', ''],
    ['cross-entropy of probabilities as they are', 'p.clip(EPSILON, 1 - EPSILON)', 'p.mul(1)'],
    [
      'another loss makes no difference',
      'ERRORS[loss](reconstruct(model, x, context), x)',
      'ERRORS.mse(reconstruct(model, x, context), x)',
    ],
  ]),
  ...mutantsOf('packages/experiments/src/ecg.ts', EXPERIMENTS_ORACLE, [
    [
      'ecg squares its errors',
      'objective: absoluteReconstruction',
      'objective: (model) => (x, context) => ({ loss: absoluteReconstruction(model)(x, context).loss!.square() })',
    ],
  ]),
  ...mutantsOf('packages/experiments/src/fashion.ts', EXPERIMENTS_ORACLE, [
    ['denoise trains like fashion', 'objective: denoising', 'objective: reconstruction'],
    ['fashion-vae trains like fashion', 'objective: variational', 'objective: reconstruction'],
  ]),
  ...mutantsOf('packages/experiments/src/cartoon.ts', EXPERIMENTS_ORACLE, [
    ['cartoon-vae trains like cartoon', 'objective: variational', 'objective: reconstruction'],
  ]),
  ...mutantsOf('packages/experiments/src/model.ts', EXPERIMENTS_ORACLE, [
    ['fashion has another slope', '[layer, leakyRelu(0.2),', '[layer, leakyRelu(0.3),'],
    ['the other models have another slope', 'leakyRelu(0.3)', 'leakyRelu(0.2)'],
    [
      'fashion normalises before its activation',
      '[layer, leakyRelu(0.2), batchNormalization()]',
      '[layer, batchNormalization(), leakyRelu(0.2)]',
    ],
  ]),
  ...mutantsOf('packages/experiments/src/trained-model.ts', SCORES, [
    ['the mean squared error is not rooted', '.loss.sqrt() }', '.loss }'],
    ['a stored score is not used', 'score: scoreOf(fitted) }', "score: 'mae' }"],
  ]),
  ...mutantsOf('packages/experiments/src/run.ts', SCORES, [
    ['a run scores like the report', 'score: recipe.score }', 'score: undefined }'],
  ]),
  ...mutantsOf('packages/experiments/src/ecg.ts', SCORES, [
    ['the score is not stored', '...scoreMetadata(source.trained.score),', ''],
  ]),
  ...mutantsOf('packages/experiments/src/evaluation.ts', EVALUATION, [
    ['the noisy images are compared with themselves', 'squaredErrors(noisy, x)', 'squaredErrors(noisy, noisy)'],
    [
      'the threshold comes from the judged samples',
      'measure([data.train], errorsBy[score])',
      'measure(judged, errorsBy[score])',
    ],
    ['a stored threshold is not used', 'threshold = stored ??', 'threshold ='],
    [
      'mse uses the log variances as codes',
      'decoder.apply(codes.mean, weights, pass)',
      'decoder.apply(codes.logVariance, weights, pass)',
    ],
    ['both splits are the test split', 'all: [trainSplit, test]', 'all: [test, test]'],
    ['the training split is what trains', 'train: [trainSplit]', 'train: [train]'],
  ]),
  ...mutantsOf(
    'packages/experiments/src/run.ts',
    ['packages/experiments/test/run.test.ts'],
    [
      ['the rate does not fall', 'scheduled(schedule, learningRate', "scheduled('constant', learningRate"],
      ['the rate falls too early', 'Math.ceil(training.count / batchSize)', 'Math.floor(training.count / batchSize)'],
      ['all samples train', 'batchesOf(device, train, limit, seed)', 'batchesOf(device, train)'],
    ],
  ),
  ...mutantsOf(
    'packages/experiments/src/detection.ts',
    ['packages/experiments/test/detection.test.ts'],
    [
      ['a variance instead of a standard deviation', 'deviations * Math.sqrt(variance)', 'deviations * variance'],
      ['the divisor N - 1', '(error - mean) ** 2, 0) / values.length', '(error - mean) ** 2, 0) / (values.length - 1)'],
      ['an error at the threshold is abnormal', 'errors[i]! <= threshold', 'errors[i]! < threshold'],
      [
        'precision is recall',
        'precision: count.trueNormal / count.calledNormal',
        'precision: count.trueNormal / count.normal',
      ],
      ['a tie counts as one', '(i + 1 + end) / 2', 'end'],
    ],
  ),
  ...mutantsOf(
    'packages/experiments/src/hold-back.ts',
    ['packages/experiments/test/hold-back.test.ts'],
    [
      ['held-back samples train', 'ascending(order.slice(held))', 'ascending([...order])'],
      ['the last samples are held back', 'shuffledOnHost(i, whole.count, ORDER)', 'whole.count - 1 - i'],
      ['abnormal beats train beside held-back ones', 'rest.labels[row] === NORMAL', 'true'],
    ],
  ),
  ...mutantsOf(
    'packages/experiments/src/samples.ts',
    ['packages/experiments/test/hold-back.test.ts'],
    [['labels stay with their places', 'Uint8Array.from(rows, (row) => labels[row]!)', 'labels.slice(0, rows.length)']],
  ),
  ...mutantsOf(
    'packages/experiments/src/samples.ts',
    ['packages/experiments/test/samples.test.ts', ...EVALUATION],
    [
      ['255 is not 1', 'const BYTE = 255', 'const BYTE = 256'],
      ['abnormal beats train', '(label) => label === NORMAL)', '(label) => label === ABNORMAL)'],
      ['the second split begins one sample off', 'before += samples.count', 'before += samples.count - 1'],
      [
        'samples are in reverse order',
        'chosen.set(row instanceof Uint8Array ? toNumbers(row) : row, i * size)',
        'chosen.set(row instanceof Uint8Array ? toNumbers(row) : row, (indices.length - 1 - i) * size)',
      ],
    ],
  ),
  ...mutantsOf(
    'packages/experiments/src/samples.ts',
    ['packages/experiments/test/samples.test.ts'],
    [
      ['all repeats move one way', ': -turn / 2;', ': turn / 2;'],
      ['channels move too', '(source - place) * width!', '(source - place)'],
      [
        'the end is not repeated',
        'Math.max(place + shift, 0), length! - 1)',
        'Math.max(place + shift, 0), length! - 2)',
      ],
    ],
  ),
  ...mutantsOf(
    'packages/experiments/src/series/detector.ts',
    ['packages/experiments/test/series-threshold.test.ts'],
    [
      ['a limit below the ninth decile', 'median + 5 * (decile - median)', 'median + (decile - median)'],
      ['outliers raise the threshold', 'return Math.min(quantile(sorted', 'return Math.max(quantile(sorted'],
    ],
  ),
  ...mutantsOf(
    'packages/experiments/src/samples.ts',
    ['packages/experiments/test/calibration.test.ts'],
    [
      [
        'beats are scaled only by the maximum',
        '/ (maximum - minimum));\n}\n\n/** The same',
        '/ maximum);\n}\n\n/** The same',
      ],
      ['beats are scaled twice', 'minimum + value * (maximum - minimum)', 'value'],
    ],
  ),
  ...mutantsOf(
    'packages/experiments/src/calibration.ts',
    ['packages/apps-cli/test/detect.test.ts'],
    [['the threshold comes from test beats', 'allRows(data.train)', 'allRows(data.test)']],
  ),
  ...mutantsOf(
    'packages/datasets/src/ecg5000.ts',
    ['packages/datasets/test/ecg5000.test.ts'],
    [
      ['fewer test beats', 'Math.ceil(beats.count / 5)', 'Math.floor(beats.count / 5)'],
      ['the range comes from all beats', 'for (const value of train.values)', 'for (const value of beats.values)'],
      ['another split seed', 'SPLIT_SEED = 5_000', 'SPLIT_SEED = 5_001'],
      ['one kind of abnormal beat counts as normal', '[5, 0],', '[5, 1],'],
      [
        'labels of other beats',
        'Uint8Array.from(rows, (row) => beats.normal[row]!)',
        'beats.normal.slice(0, rows.length)',
      ],
      [
        'the first file is used twice',
        'values.set(second.values, first.values.length);',
        'values.set(first.values.subarray(0, second.values.length), first.values.length);',
      ],
      ['the label is a sample', 'column: 0,\n  samples: 1,', 'column: 0,\n  samples: 0,'],
    ],
  ),
  ...mutantsOf(
    'packages/datasets/src/node/beats.ts',
    ['packages/apps-cli/test/shards.test.ts'],
    [
      ['a shard has the beats before it', 'line.part === part', 'line.part <= part'],
      ['beats are counted in each shard', 'next++;', 'if (line.part === part) next++;'],
      ['the last chunk is lost', 'if (reader.count > 0) yield take();', ''],
    ],
  ),
  ...mutantsOf(
    'packages/datasets/src/resize.ts',
    ['packages/datasets/test/resize.test.ts'],
    [
      ['a triangle of constant width', 'const radius = Math.max(1, scale);', 'const radius = 1;'],
      ['half a pixel to the left', 'const center = (i + 0.5) * scale;', 'const center = i * scale;'],
    ],
  ),
  ...mutantsOf(
    'packages/datasets/src/sample-by-name.ts',
    ['packages/experiments/test/samples.test.ts'],
    [['the first samples by name', '.sort((a, b) => hashes[a]! - hashes[b]! || a - b)', '.sort((a, b) => a - b)']],
  ),
  ...mutantsOf(
    'packages/datasets/src/cartoon-set.ts',
    ['packages/datasets/test/cartoon-set.test.ts'],
    [['one image in ten', '% 20 === 0', '% 10 === 0']],
  ),
  ...mutantsOf(
    'packages/experiments/src/detection.ts',
    ['packages/experiments/test/detection.test.ts'],
    [
      ['two deviations', 'deviations = 1', 'deviations = 2'],
      ['recall over all beats', 'recall: count.trueNormal / count.normal', 'recall: count.trueNormal / errors.length'],
      [
        'accuracy of only the normal beats',
        'if (called === isNormal) count.right++;',
        'if (called && isNormal) count.right++;',
      ],
      ['an area despite NaN', 'Number.isNaN)) return Number.NaN;', 'Number.isNaN)) return 0.5;'],
      [
        'normal and abnormal beats are swapped',
        'if (!order[k]!.abnormal) continue;',
        'if (order[k]!.abnormal) continue;',
      ],
    ],
  ),
  ...mutantsOf(
    'packages/experiments/src/calibration.ts',
    ['packages/experiments/test/calibration.test.ts', 'packages/experiments/test/stored-weights.test.ts'],
    [
      ['an invalid range is accepted', '&& minimum < maximum)', ')'],
      ['a threshold that is not a number is accepted', 'isNumber(maximum) && isNumber(threshold)', 'isNumber(maximum)'],
    ],
  ),
  ...mutantsOf(
    'packages/experiments/src/principal-directions.ts',
    ['packages/experiments/test/principal-directions.test.ts'],
    [
      ['codes are not centred', 'mean[i % latent]! += value / n;', ''],
      ['a rotation in the wrong direction', 'cos * a - sin * b', 'cos * a + sin * b'],
      ['the weakest directions come first', 'values[b]! - values[a]!', 'values[a]! - values[b]!'],
      ['a kernel is read as [units, latent]', 'kernel[i * units + unit]! *', 'kernel[unit * latent + i]! *'],
    ],
  ),
  ...mutantsOf('packages/experiments/src/adversarial.ts', GAN, [
    [
      'the generator helps the discriminator',
      'generated, context).neg().softplus() };',
      'generated, context).softplus() };',
    ],
    ['a VAE-GAN’s decoder deceives nobody', 'loss!.mul(DECEPTION_WEIGHT)', 'loss!.mul(0)'],
    [
      'a VAE-GAN’s moving averages are those of encoded codes',
      '...known, adversarialLoss: loss!.mul(DECEPTION_WEIGHT) }',
      'adversarialLoss: loss!.mul(DECEPTION_WEIGHT), ...variational(model, choice)(x, context) }',
    ],
    [
      'the discriminator ignores real images',
      '.neg()\n      .softplus()\n      .add(judge',
      '.mul(0)\n      .softplus()\n      .add(judge',
    ],
    [
      'the discriminator takes generated images for real',
      'add(judge(model, generated, context).softplus())',
      'add(judge(model, generated, context).neg().softplus())',
    ],
    ['the penalty is left out', 'penalty > 0 && context.training', 'penalty < 0'],
    ['the penalty is the mean over pixels', '.mul(sizeOf(x.shape.slice(1)) / 2)', '.mul(0.5)'],
    ['a good epoch is reported as a collapse', 'diversity! < COLLAPSED', 'diversity! > COLLAPSED'],
  ]),
  ...mutantsOf('packages/experiments/src/stored-weights.ts', GAN, [
    ['training starts with another discriminator', '|| contain(files, network)', ''],
  ]),
  ...mutantsOf('packages/experiments/src/gan.ts', GAN, [
    ['the generator’s optimiser has Keras’s beta1', 'beta1: 0.5', 'beta1: 0.9'],
  ]),
  ...mutantsOf('packages/experiments/src/adversarial-networks.ts', GAN, [
    ['the discriminator has another slope', 'stride: 2 }),\n    leakyRelu(0.2),', 'stride: 2 }),\n    leakyRelu(0.3),'],
    [
      'a GAN’s outer stages have the most filters',
      'numbersBelow(stages).toReversed().flatMap(doubled)',
      'numbersBelow(stages).flatMap(doubled)',
    ],
    ['a GAN’s stages have equal filters', 'outermost * 2 ** stage', 'outermost * 2'],
  ]),
  ...mutantsOf('packages/experiments/src/generation.ts', GENERATION, [
    ['covariances with divisor n', '(value * count) / (count - 1)', 'value'],
    ['the means do not count', 'return shift + trace(', 'return trace('],
    ['the common part counts once', '- 2 * common', '- common'],
    ['the second neighbour sets the radius', 'NEIGHBOUR = 3', 'NEIGHBOUR = 2'],
    [
      'precision is recall',
      'precision: share(inReal!), recall: share(inGenerated!)',
      'recall: share(inReal!), precision: share(inGenerated!)',
    ],
  ]),
  ...mutantsOf('packages/datasets/src/images/split.ts', IMAGES, [
    ['images: none is sure to be held back', 'if (hash === first) return true;', ''],
  ]),
  ...mutantsOf('packages/datasets/src/node/images/prepare.ts', IMAGES, [
    ['images: the split goes by name', "createHash('sha256').update(row)", "createHash('sha256').update(found.path)"],
  ]),
  ...mutantsOf('packages/datasets/src/node/images/decode-image.ts', IMAGES, [
    ['images: as the camera was held', 'autoOrient: true', 'autoOrient: false'],
  ]),
];
