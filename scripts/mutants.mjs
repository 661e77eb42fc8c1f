/**
 * The mutants of mutate.mjs: in `file`, `text`, which is there just once, becomes `replacement`, and one of `tests` must fail.
 */

const mutantsOf = (file, tests, changes) =>
  changes.map(([name, text, replacement]) => ({ file, tests, name, text, replacement }));

const EXPERIMENTS_ORACLE = ['packages/experiments/test/oracle.test.ts'];
const NN_ORACLE = ['packages/nn/test/oracle.test.ts'];
const EVALUATION = ['packages/experiments/test/evaluation.test.ts'];
const BLOCKS = ['packages/nn/test/blocks.test.ts'];
const OPTIMIZERS = ['packages/nn/test/optimizers.test.ts'];
const ELEMENTWISE = ['packages/tensor/test/elementwise.test.ts'];
const EXTREMES = ['packages/tensor/test/extremes.test.ts'];
const TRAINER = ['packages/nn/test/trainer.test.ts'];

export const MUTANTS = [
  ...mutantsOf('packages/experiments/src/objectives.ts', EXPERIMENTS_ORACLE, [
    ['the reconstruction weighs 100', 'RECONSTRUCTION_WEIGHT = 1000', 'RECONSTRUCTION_WEIGHT = 100'],
    [
      'the denoiser trains towards its input',
      'reconstruct(model, noisy, context), clean)',
      'reconstruct(model, noisy, context), noisy)',
    ],
    [
      'the denoiser gets the clean image',
      'denoisingTerms(model, addNoise(x, context), x, context)',
      'denoisingTerms(model, x, x, context)',
    ],
    ['z = mean + exp(logvar) ε', 'logVariance.mul(0.5).exp().mul(normal', 'logVariance.exp().mul(normal'],
    ['z = mean - exp(logvar / 2) ε', 'return mean.add(logVariance.mul', 'return mean.sub(logVariance.mul'],
    ['z without the mean', 'return mean.add(logVariance', 'return mean.mul(0).add(logVariance'],
    ['twice the divergence', '.sum(1).mul(-0.5)', '.sum(1).mul(-1)'],
    ['the divergence is a mean over the code', '.sum(1).mul(-0.5)', '.mean(1).mul(-0.5)'],
    ['the divergence without mean²', '.sub(mean.square())', ''],
    ['the divergence without exp(logvar)', '.sub(logVariance.exp())', ''],
    ['a tenth less noise', 'NOISE_SHARE = 0.1;', 'NOISE_SHARE = 0.09;'],
    ['pepper in place of salt', '.add(1)).add(white)', '.add(1)).add(black)'],
    [
      'absolute errors in place of squared ones',
      'loss: squaredErrors(reconstruct(model, x, context), x)',
      'loss: absoluteErrors(reconstruct(model, x, context), x)',
    ],
    ['squared errors in place of absolute ones', 'loss: absoluteErrors(reconstruct', 'loss: squaredErrors(reconstruct'],
    [
      'mean and variance change places',
      'mean: both.slice([0, 0], [count, latent]), logVariance: both.slice([0, latent], [count, twice])',
      'logVariance: both.slice([0, 0], [count, latent]), mean: both.slice([0, latent], [count, twice])',
    ],
  ]),
  ...mutantsOf('packages/experiments/src/objectives.ts', EVALUATION, [
    [
      'a code is the logarithm of the variance',
      'code.slice([0, 0], [code.shape[0]!, latent])',
      'code.slice([0, latent], [code.shape[0]!, 2 * latent])',
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
    ['denoise trains as fashion does', 'objective: denoising', 'objective: reconstruction'],
    ['fashion-vae trains as fashion does', 'objective: variational', 'objective: reconstruction'],
  ]),
  ...mutantsOf('packages/experiments/src/cartoon.ts', EXPERIMENTS_ORACLE, [
    ['cartoon-vae trains as cartoon does', 'objective: variational', 'objective: reconstruction'],
  ]),
  ...mutantsOf('packages/experiments/src/model.ts', EXPERIMENTS_ORACLE, [
    ['fashion with another slope', 'leakyRelu(0.2)', 'leakyRelu(0.3)'],
    ['the others with another slope', 'leakyRelu(0.3)', 'leakyRelu(0.2)'],
    [
      'fashion normalises before its activation',
      '[layer, leakyRelu(0.2), batchNormalization()]',
      '[layer, batchNormalization(), leakyRelu(0.2)]',
    ],
  ]),

  ...mutantsOf('packages/nn/src/objective.ts', NN_ORACLE, [
    ['a batch counts by its sum', '(term) => term.mean()', '(term) => term.sum()'],
  ]),
  ...mutantsOf('packages/nn/src/objective.ts', EXPERIMENTS_ORACLE, [
    ['the loss is its first term', '.reduce((sum, value) => sum.add(value))', '.reduce((sum) => sum)'],
  ]),
  ...mutantsOf('packages/nn/src/objective.ts', EVALUATION, [
    ['a sample counts by its sum', 'sizeOf(x.shape.slice(1))]).mean(1)', 'sizeOf(x.shape.slice(1))]).sum(1)'],
  ]),
  ...mutantsOf('packages/nn/src/losses.ts', NN_ORACLE, [
    ['errors are not squared', 'target).square()', 'target)'],
    ['errors keep their sign', "'absoluteErrors', prediction, target).abs()", "'absoluteErrors', prediction, target)"],
  ]),
  ...mutantsOf('packages/nn/src/training-step.ts', NN_ORACLE, [
    ['the gradient of twice the loss', 'weights.gradient(loss)', 'weights.gradient(loss.mul(2))'],
    ['moving averages stay', ', ...weights.move(moved, unless)]', ']'],
  ]),
  ...mutantsOf(
    'packages/nn/src/training-step.ts',
    ['packages/nn/test/divergence.test.ts'],
    [
      ['a gradient that is not finite goes unnoticed', '.add(gradient.mul(0).sum())', ''],
      ['a loss that is not finite goes unnoticed', 'loss.mul(0).add(gradient.mul(0).sum())', 'gradient.mul(0).sum()'],
      ['moving averages follow a bad step', 'weights.move(moved, unless)', 'weights.move(moved)'],
      ['Adam makes a bad step', 'rate, learningRate, unless };', 'rate, learningRate, unless: rate.mul(0) };'],
    ],
  ),
  ...mutantsOf('packages/nn/src/weights.ts', NN_ORACLE, [
    ['moving averages take what they should leave', 'taken.fill(1 - momentum', 'taken.fill(momentum'],
  ]),
  ...mutantsOf('packages/nn/src/layers/normalization.ts', NN_ORACLE, [
    ['momentum 0.9', 'MOMENTUM = 0.99', 'MOMENTUM = 0.9'],
    ['epsilon 1e-5', 'EPSILON = 1e-3', 'EPSILON = 1e-5'],
    ['the moving mean follows the variance', "record('moving_mean', mean)", "record('moving_mean', variance)"],
    ['inference without epsilon', 'moving_variance!.add(EPSILON)', 'moving_variance!'],
    [
      'inference uses the variance as a deviation',
      'moving_variance!.add(EPSILON).sqrt()',
      'moving_variance!.add(EPSILON)',
    ],
  ]),
  ...mutantsOf(
    'packages/nn/src/random.ts',
    ['packages/nn/test/random.test.ts'],
    [
      ['two draws are the same', 'STREAMS_OF_A_DRAW * draws++', 'STREAMS_OF_A_DRAW * draws'],
      ['inference draws what training draws', "training ? kind : 'inference'", 'kind'],
    ],
  ),
  ...mutantsOf('packages/nn/src/trainer.ts', NN_ORACLE, [
    ['the bias correction of the next step', 'rateAt(rate, this.step)', 'rateAt(rate, this.step + 1)'],
    ['no bias correction after the first step', 'rateAt(rate, this.step)', 'rateAt(rate, 0)'],
  ]),
  ...mutantsOf('packages/nn/src/trainer.ts', TRAINER, [
    ['the learning rate of the step within the epoch', 'learningRate(this.step)', 'learningRate(this.position)'],
    ['every epoch in the same order', 'epoch: this.epoch,\n        start,', 'epoch: 0,\n        start,'],
    ['every epoch with the same random numbers', 'step: this.step,\n      });', 'step: this.position,\n      });'],
    [
      'always the first batch',
      'const start = this.position * batchSize;\n      const size',
      'const start = 0;\n      const size',
    ],
    [
      'the last smaller batch is left out',
      'Math.ceil(training.count / batchSize)',
      'Math.floor(training.count / batchSize)',
    ],
    ['sums are not reset', '    if (this.position === 0) this.totals.training.reset();\n', ''],
    ['an evaluation goes on from the last one', '    this.totals.evaluation.reset();\n', ''],
    [
      'an evaluation in training mode',
      'inferenceContext(weights, { seed, step: start })',
      '{ ...inferenceContext(weights, { seed, step: start }), training: true }',
    ],
  ]),
  ...mutantsOf('packages/nn/src/totals.ts', TRAINER, [
    ['batches count alike, whatever their size', 'sum.add(mean.mul(count))', 'sum.add(mean.mul(16))'],
  ]),
  ...mutantsOf(
    'packages/nn/src/schedule.ts',
    ['packages/nn/test/schedule.test.ts'],
    [
      ['a whole wave', 'Math.PI * Math.min', '2 * Math.PI * Math.min'],
      ['the rate rises again', 'Math.min(step, steps)', 'step'],
      ['constant is cosine', "schedule === 'constant'", "schedule === 'cosine'"],
    ],
  ),

  ...mutantsOf('packages/tensor/src/ops/adam.ts', NN_ORACLE, [
    ['β₁ 0.8', '{ beta1 = 0.9, beta2 = 0.999, epsilon', '{ beta1 = 0.8, beta2 = 0.999, epsilon'],
    ['β₂ 0.99', '{ beta1 = 0.9, beta2 = 0.999, epsilon', '{ beta1 = 0.9, beta2 = 0.99, epsilon'],
    [
      'β₂ 0.99 in the bias correction',
      '{ beta1 = 0.9, beta2 = 0.999 }: AdamOptions',
      '{ beta1 = 0.9, beta2 = 0.99 }: AdamOptions',
    ],
    ['no root in the bias correction', 'Math.sqrt(1 - beta2 ** t)', '(1 - beta2 ** t)'],
    ["PyTorch's epsilon, 1e-8", 'epsilon = 1e-7', 'epsilon = 1e-8'],
  ]),
  ...mutantsOf('shaders/adam.wgsl', NN_ORACLE, [
    ['epsilon under the root', 'sqrt(v) + EPSILON', 'sqrt(v + EPSILON)'],
    ['the gradient in place of its mean', 'rate * m /', 'rate * g /'],
    ['the gradient is not squared', '(1.0 - BETA2) * g * g', '(1.0 - BETA2) * abs(g)'],
  ]),

  ...mutantsOf('packages/experiments/src/evaluation.ts', EVALUATION, [
    ['the noise is judged against itself', 'squaredErrors(noisy, x)', 'squaredErrors(noisy, noisy)'],
    ['the threshold comes from what is judged', 'measure([data.train], errorsOf)', 'measure(judged, errorsOf)'],
    ['a stored threshold is not used', 'threshold = stored ??', 'threshold ='],
    [
      'mse of other codes',
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
      ['the rate falls too soon', 'Math.ceil(training.count / batchSize)', 'Math.floor(training.count / batchSize)'],
      ['all samples train', 'batchesOf(device, data.train, limit)', 'batchesOf(device, data.train)'],
    ],
  ),
  ...mutantsOf(
    'packages/experiments/src/detection.ts',
    ['packages/experiments/test/detection.test.ts'],
    [
      ['a variance in place of a deviation', 'deviations * Math.sqrt(variance)', 'deviations * variance'],
      ['the divisor N - 1', '(error - mean) ** 2, 0) / values.length', '(error - mean) ** 2, 0) / (values.length - 1)'],
      ['an error at the threshold is abnormal', 'errors[i]! <= threshold', 'errors[i]! < threshold'],
      [
        'precision is recall',
        'precision: count.trueNormal / count.calledNormal',
        'precision: count.trueNormal / count.normal',
      ],
      ['ties count for one', '(i + 1 + end) / 2', 'end'],
    ],
  ),
  ...mutantsOf(
    'packages/experiments/src/samples.ts',
    ['packages/experiments/test/samples.test.ts', ...EVALUATION],
    [
      ['255 is not 1', 'const BYTE = 255', 'const BYTE = 256'],
      ['abnormal beats train', '(label) => label === NORMAL)', '(label) => label === ABNORMAL)'],
      ['the second split begins in its middle', 'before += samples.count', 'before += samples.count - 1'],
      [
        'samples in reverse',
        'chosen.set(row instanceof Uint8Array ? toNumbers(row) : row, i * size)',
        'chosen.set(row instanceof Uint8Array ? toNumbers(row) : row, (indices.length - 1 - i) * size)',
      ],
    ],
  ),
  ...mutantsOf(
    'packages/experiments/src/samples.ts',
    ['packages/experiments/test/calibration.test.ts'],
    [
      [
        'beats are scaled by the maximum alone',
        '/ (maximum - minimum));\n}\n\n/** The same',
        '/ maximum);\n}\n\n/** The same',
      ],
      ['beats are scaled twice', 'minimum + value * (maximum - minimum)', 'value'],
    ],
  ),
  ...mutantsOf(
    'packages/experiments/src/calibration.ts',
    ['packages/apps-cli/test/detect.test.ts'],
    [['the threshold of test beats', 'allRows(data.train)', 'allRows(data.test)']],
  ),
  ...mutantsOf('packages/nn/src/losses.ts', BLOCKS, [
    ['binary cross-entropy of the other class', 'logits.neg().softplus()', 'logits.softplus()'],
    [
      'logits as they are',
      'const moved = logits.sub(logits.max(-1, { keepDims: true }).stopGradient())',
      'const moved = logits',
    ],
    ['far errors count fully', 'distance.sub(near.mul(0.5))', 'distance.sub(near.mul(0))'],
  ]),
  ...mutantsOf('packages/nn/src/layers/pooling.ts', BLOCKS, [
    ['an average of rows alone', 'windows.mean([2, 4])', 'windows.mean([2]).sum(3)'],
    [
      'pixels repeat across only',
      'broadcastTo([count, height, down, width, across, channels])',
      'broadcastTo([count, height, across, width, down, channels])',
    ],
  ]),
  ...mutantsOf('packages/nn/src/layers/dropout.ts', BLOCKS, [
    ['what stays is not made larger', '.div(1 - rate)', ''],
    ['the rate is what stays', '.less(1 - rate)', '.less(rate)'],
    ['inference drops too', '!training || rate === 0', 'rate === 0'],
  ]),
  ...mutantsOf('packages/nn/src/layers/normalization.ts', BLOCKS, [
    [
      'layers are normalised by the variance',
      '.mean(-1, { keepDims: true }).add(EPSILON).sqrt()',
      '.mean(-1, { keepDims: true }).add(EPSILON)',
    ],
  ]),
  ...mutantsOf('packages/nn/src/optimizers.ts', OPTIMIZERS, [
    ['velocity forgets', 'velocity.mul(momentum).add(gradient)', 'velocity.mul(0).add(gradient)'],
    ['Nesterov’s step is the usual one', 'nesterov ? gradient.add(moved.mul(momentum)) : moved', 'moved'],
    ['weights decay by the corrected rate', 'learningRate.mul(-weightDecay)', 'rate.mul(-weightDecay)'],
    ['a short gradient is made longer', '.minimum(1)', ''],
  ]),
  ...mutantsOf('packages/nn/src/optimizers.ts', NN_ORACLE, [
    [
      "Adam's bias correction one step ahead",
      'adamRate(learningRate, step + 1, options),\n    updates: ({ weights, moments: { m, v }, gradient, rate, unless })',
      'adamRate(learningRate, step + 2, options),\n    updates: ({ weights, moments: { m, v }, gradient, rate, unless })',
    ],
  ]),
  ...mutantsOf('packages/nn/src/plateau.ts', OPTIMIZERS, [
    ['an epoch counts twice', 'if (epoch <= state.epoch) return state;', ''],
    ['any lower loss is an improvement', 'state.best - minDelta', 'state.best'],
  ]),
  ...mutantsOf('packages/nn/src/trainer.ts', OPTIMIZERS, [
    ['a resumed training forgets its plateau', 'this.reducing = state.reducing;', ''],
    ['moments start again', 'for (const { view, data } of stored) view.write(data);', ''],
    ['the rate is reduced every epoch from then on', 'this.reducing = { ...this.reducing, waited: 0 };', ''],
  ]),
  ...mutantsOf('packages/tensor/src/differentiate.ts', ELEMENTWISE, [
    ['a product of derivatives', 'plus(times(da, b!), times(db, a!))', 'times(da, db)'],
    ['a quotient forgets its divisor', 'return plus(first, negative(times(db', 'return plus(first, negative(times("0"'],
    ['a difference adds', "if (of === '-') return plus(da, negative(db));", "if (of === '-') return plus(da, db);"],
    [
      'a choice between a number and another has no derivative',
      "rates.every((rate) => rate === '0')",
      "rates.some((rate) => rate === '0')",
    ],
  ]),
  ...mutantsOf('packages/tensor/src/ops/batchnorm.ts', BLOCKS, [
    ['the gradient of the gradient without the mean', 'a * (g - p - (x - m) * q)', 'a * (g - (x - m) * q)'],
  ]),
  ...mutantsOf('packages/tensor/src/ops/extremes.ts', EXTREMES, [
    ['each tie gets all', "'(g / n) * select(", "'g * select("],
    [
      'half of the parts',
      'kernels(of, parts, [0], result',
      'kernels(of, parts.slice(parts.shape.map(() => 0), [parts.shape[0]! >> 1, ...result]), [0], result',
    ],
  ]),
  ...mutantsOf('shaders/extreme_index.wgsl', EXTREMES, [
    ['the last of equals', '(other > extreme)', '(other >= extreme)'],
    ['NaN is passed over', 'none(other) || further', 'further'],
  ]),
  ...mutantsOf('shaders/sine.wgsl', ELEMENTWISE, [
    ['the middle word is left out', 'm * window[0] + middle.y +', 'm * window[0] +'],
  ]),
  ...mutantsOf(
    'packages/tensor/src/philox.ts',
    ['packages/tensor/test/random.test.ts', ...TRAINER],
    [
      ['the host draws another order', 'round < 4', 'round < 3'],
      ['the host draws the next sample', 'let number = position % total', 'let number = (position + 1) % total'],
    ],
  ),
];
