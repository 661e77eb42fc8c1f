import { mutantsOf } from './mutants-of.mjs';

const EXPERIMENTS_ORACLE = ['packages/experiments/test/oracle.test.ts'];
const NN_ORACLE = ['packages/nn/test/oracle.test.ts'];
const EVALUATION = ['packages/experiments/test/evaluation.test.ts'];
const BLOCKS = ['packages/nn/test/blocks.test.ts'];
const MODEL = ['packages/nn/test/model.test.ts'];
const ADVERSARIAL = ['packages/nn/test/adversarial.test.ts'];
const OPTIMIZERS = ['packages/nn/test/optimizers.test.ts'];
const TRAINER = ['packages/nn/test/trainer.test.ts', 'packages/nn/test/trainer-errors.test.ts'];
const REPLICA = ['packages/nn/test/replica.test.ts'];
const OPPONENT = ['packages/nn/test/opponent.test.ts'];

export default [
  ...mutantsOf('packages/nn/src/objective.ts', NN_ORACLE, [
    ['the loss of a batch is a sum', '(term) => term.mean()', '(term) => term.sum()'],
  ]),
  ...mutantsOf('packages/nn/src/objective.ts', EXPERIMENTS_ORACLE, [
    ['the loss is only its first term', '.reduce((sum, value) => sum.add(value))', '.reduce((sum) => sum)'],
  ]),
  ...mutantsOf('packages/nn/src/objective.ts', EVALUATION, [
    ['the loss of a sample is a sum', 'sizeOf(x.shape.slice(1))]).mean(1)', 'sizeOf(x.shape.slice(1))]).sum(1)'],
  ]),
  ...mutantsOf('packages/nn/src/losses.ts', NN_ORACLE, [
    ['errors are not squared', 'target).square()', 'target)'],
    ['errors keep their sign', "'absoluteErrors', prediction, target).abs()", "'absoluteErrors', prediction, target)"],
  ]),
  ...mutantsOf('packages/nn/src/training-step.ts', NN_ORACLE, [
    ['the gradient of twice the loss', 'weights.gradient(loss)', 'weights.gradient(loss.mul(2))'],
    ['moving averages do not move', ', ...weights.move(moved, unless)]', ']'],
  ]),
  ...mutantsOf(
    'packages/nn/src/training-step.ts',
    ['packages/nn/test/divergence.test.ts'],
    [
      ['a gradient that is not finite goes unnoticed', '.add(gradient.mul(0).sum())', ''],
      ['a loss that is not finite goes unnoticed', 'loss.mul(0).add(gradient.mul(0).sum())', 'gradient.mul(0).sum()'],
      ['a bad step moves the moving averages', 'weights.move(moved, unless)', 'weights.move(moved)'],
      ['Adam applies a bad step', 'rate, learningRate, unless };', 'rate, learningRate, unless: rate.mul(0) };'],
    ],
  ),
  ...mutantsOf('packages/nn/src/weights.ts', NN_ORACLE, [
    ['moving averages swap the shares of old and new values', 'taken.fill(1 - share', 'taken.fill(share'],
  ]),
  ...mutantsOf('packages/nn/src/weights.ts', TRAINER, [
    ['weights without a target move', 'targets.has(name) ? momentum : 1', 'momentum'],
  ]),
  ...mutantsOf('packages/nn/src/weights.ts', OPTIMIZERS, [
    ['stored shapes are ignored', 'found.shape.join() === shape.join() && ', ''],
    ['the number of stored elements is ignored', ' && found.data.length === sizeOf(shape)', ''],
  ]),
  ...mutantsOf('packages/nn/src/trainer-state.ts', TRAINER, [
    ['another number of steps per epoch is accepted', '(state.stepsPerEpoch ?? stepsPerEpoch)', 'stepsPerEpoch'],
  ]),
  ...mutantsOf('packages/nn/src/trainer-state.ts', OPTIMIZERS, [
    ['another optimiser is accepted', 'if (own !== wanted)', 'if (false)'],
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
    ['every epoch in the same order', 'epoch: this.epoch, start, step', 'epoch: 0, start, step'],
    ['every epoch with the same random numbers', 'start, step: this.step });', 'start, step: this.position });'],
    [
      'always the first batch',
      'const { start, count } = span(this.position);\n      const plan',
      'const { start, count } = span(0);\n      const plan',
    ],
    [
      'the last smaller batch is left out',
      'Math.ceil(training.count / batchSize)',
      'Math.floor(training.count / batchSize)',
    ],
    ['training may begin twice', 'this.running.add(method);', ''],
    ['a failed call counts as running', 'this.running.delete(method);', ''],
    ['a rate that is not finite is used', 'checkRate(`learningRate(${this.step})`, scheduled);', ''],
    ['an evaluation counts for the last epoch', 'metrics.loss!, epoch)', 'metrics.loss!)'],
    ['sums are not reset', '    if (this.position === 0) this.totals.training.reset();\n', ''],
    ['an evaluation continues the previous one', '    this.totals.evaluation.reset();\n', ''],
    [
      'an evaluation in training mode',
      'inferenceContext(weights, { seed, step: start })',
      '{ ...inferenceContext(weights, { seed, step: start }), training: true }',
    ],
  ]),
  ...mutantsOf('packages/nn/src/trainer.ts', OPPONENT, [
    [
      'the opponent has the learning rate of the first network',
      'learningRate: rate, optimizer }',
      'learningRate, optimizer }',
    ],
    ['a bad step stops only its own network', 'clipNorm, failure });', 'clipNorm });'],
    [
      'a missing moment is found after the first network was restored',
      'if (step > 0) optimizer.check(tensors, source);',
      '',
    ],
  ]),
  ...mutantsOf(
    'packages/nn/src/trainer.ts',
    ['packages/experiments/test/gan.test.ts'],
    [
      ['the opponent moves second', 'this.players = [own, ...this.players];', 'this.players = [...this.players, own];'],
      [
        'the opponent has Adam’s defaults',
        'rule: opponent.optimizer ?? rule, clipNorm',
        'rule: opponent.optimizer, clipNorm',
      ],
    ],
  ),
  ...mutantsOf('packages/nn/src/totals.ts', TRAINER, [
    ['batches of different sizes count the same', 'sum.add(mean.mul(count))', 'sum.add(mean.mul(16))'],
  ]),
  ...mutantsOf(
    'packages/nn/src/schedule.ts',
    ['packages/nn/test/schedule.test.ts'],
    [
      ['a full cosine wave', 'Math.PI * Math.min', '2 * Math.PI * Math.min'],
      ['the rate rises again', 'Math.min(step, steps)', 'step'],
      ['constant is cosine', "schedule === 'constant'", "schedule === 'cosine'"],
    ],
  ),
  ...mutantsOf('packages/nn/src/losses.ts', BLOCKS, [
    ['binary cross-entropy for the other class', 'softpluses(-x)', 'softpluses(x)'],
    [
      'logits are not shifted',
      'const moved = logits.sub(logits.max(-1, { keepDims: true }).stopGradient())',
      'const moved = logits',
    ],
    ['far errors count fully', 'distance.sub(near.mul(0.5))', 'distance.sub(near.mul(0))'],
  ]),
  ...mutantsOf('packages/nn/src/layers/pooling.ts', BLOCKS, [
    ['an average over only rows', 'windows.mean([2, 4])', 'windows.mean([2]).sum(3)'],
    [
      'repetitions down and across are swapped',
      'broadcastTo([count, height, down, width, across, channels])',
      'broadcastTo([count, height, across, width, down, channels])',
    ],
  ]),
  ...mutantsOf('packages/nn/src/layers/dropout.ts', BLOCKS, [
    ['kept values are not scaled up', '.div(1 - rate)', ''],
    ['the rate is the kept share', '.less(1 - rate)', '.less(rate)'],
    ['inference drops values too', '!training || rate === 0', 'rate === 0'],
  ]),
  ...mutantsOf('packages/nn/src/layers/normalization.ts', BLOCKS, [
    [
      'layer normalisation divides by the variance',
      '.mean(-1, { keepDims: true }).add(EPSILON).sqrt()',
      '.mean(-1, { keepDims: true }).add(EPSILON)',
    ],
  ]),
  ...mutantsOf('packages/nn/src/optimizers.ts', OPTIMIZERS, [
    ['the velocity has no momentum', 'velocity.mul(momentum).add(gradient)', 'velocity.mul(0).add(gradient)'],
    ['Nesterov’s step is the ordinary step', 'nesterov ? gradient.add(moved.mul(momentum)) : moved', 'moved'],
    ['weights decay by the corrected rate', 'learningRate.mul(-weightDecay)', 'rate.mul(-weightDecay)'],
    ['a short gradient is scaled up', '.minimum(1)', ''],
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
    ['a resumed training forgets its plateau', 'this.reducing = reducing;', ''],
    ['after one reduction, the rate falls every epoch', 'this.reducing = { ...this.reducing, waited: 0 };', ''],
  ]),
  ...mutantsOf('packages/nn/src/optimizers.ts', OPTIMIZERS, [
    ['AdamW: 0.1 by default', 'weightDecay = 0.01', 'weightDecay = 0.1'],
    ['AdamW: the gradient is not squared', 'gradient.square().mul(1 - beta2)', 'gradient.abs().mul(1 - beta2)'],
    ['AdamW: epsilon under the root', 'square.sqrt().add(epsilon)', 'square.add(epsilon).sqrt()'],
    ['AdamW: weights grow', 'learningRate.mul(-weightDecay)', 'learningRate.mul(weightDecay)'],
    ['SGD: the velocity is not stored', ', velocity.assign(moved, unless)]', ']'],
    [
      'SGD: a bad step is applied',
      'weights.assign(weights.sub(gradient.mul(rate)), unless)',
      'weights.assign(weights.sub(gradient.mul(rate)))',
    ],
    ['clipping by the square of the norm', 'gradient.square().sum().sqrt()', 'gradient.square().sum()'],
    ['clipping always to norm 1', 'reciprocal().mul(largest)', 'reciprocal().mul(1)'],
  ]),
  ...mutantsOf('packages/nn/src/training-step.ts', OPTIMIZERS, [
    ['gradients are not clipped', 'clipNorm === undefined ? gradient : clipByNorm(gradient, clipNorm)', 'gradient'],
  ]),
  ...mutantsOf('packages/nn/src/plateau.ts', OPTIMIZERS, [
    ['an equal loss is an improvement', 'loss < state.best - minDelta', 'loss <= state.best - minDelta'],
    [
      'an improvement does not end the wait',
      '{ epoch, best: loss, waited: 0 }',
      '{ epoch, best: loss, waited: state.waited }',
    ],
    ['the last loss is the best', 'best: state.best, waited: state.waited + 1', 'best: loss, waited: state.waited + 1'],
    ['a plateau is noticed an epoch late', 'waited >= Math.max(1, patience)', 'waited > Math.max(1, patience)'],
    ['a patience of 0 needs no plateau', 'Math.max(1, patience)', 'patience'],
    ['the rate is halved', 'reduceOnPlateau.factor ?? 0.1', 'reduceOnPlateau.factor ?? 0.5'],
    ['reductions do not accumulate', 'this.rateFactor *= ', 'this.rateFactor = '],
    ['a resumed training forgets the reduced rate', 'this.rateFactor = rateFactor;', 'this.rateFactor = 1;'],
    ['a resumed training forgets its wait for the stop', 'this.stopping = stopping;', ''],
  ]),
  ...mutantsOf('packages/nn/src/trainer.ts', OPTIMIZERS, [
    ['the reduced rate is not used', 'scheduled * this.plateaus.rateFactor', 'scheduled'],
  ]),
  ...mutantsOf(
    'packages/nn/src/schedule.ts',
    [...OPTIMIZERS, 'packages/nn/test/schedule.test.ts'],
    [
      ['a warm-up from 0', '(then(0) * (step + 1)) / steps', '(then(0) * step) / steps'],
      ['the schedule after a warm-up starts with the warm-up', 'then(step - steps)', 'then(step)'],
      ['the step decays too early', 'Math.floor(step / every)', 'Math.ceil(step / every)'],
    ],
  ),
  ...mutantsOf('packages/nn/src/losses.ts', BLOCKS, [
    ['cross-entropy of the targets alone', 'target.mul(logarithms).sum(-1).neg()', 'target.mul(moved).sum(-1).neg()'],
    ['delta is 1', 'distance.minimum(delta)', 'distance.minimum(1)'],
    ['the target is not subtracted', '(T(1) - t) * x + soft', 'x + soft'],
  ]),
  ...mutantsOf('packages/nn/src/layers/pooling.ts', BLOCKS, [
    ['the maximum down, the mean across', '=> windows.max([2, 4])', '=> windows.max(2).mean(3)'],
    [
      'windows are swapped down and across',
      'count, rows, down, columns, across, channels]));',
      'count, rows, across, columns, down, channels]));',
    ],
  ]),
  ...mutantsOf('packages/nn/src/layers/activation.ts', BLOCKS, [
    ['gelu is silu', 'x.gelu()', 'x.silu()'],
    ['tanh is sigmoid', 'x.tanh()', 'x.sigmoid()'],
    ['softplus is relu', 'x.softplus()', 'x.relu()'],
    ['elu is relu', 'x.elu()', 'x.relu()'],
  ]),
  ...mutantsOf(
    'packages/nn/src/layers/activation.ts',
    ['packages/nn/test/layers.test.ts'],
    [["PyTorch's slope by default", 'slope = 0.3', 'slope = 0.01']],
  ),
  ...mutantsOf('packages/nn/src/layers/convolution.ts', BLOCKS, [
    [
      'strides are swapped',
      'x.conv2d(kernel!, { stride }).add(bias!)',
      'x.conv2d(kernel!, { stride: [stride[1], stride[0]] }).add(bias!)',
    ],
    ['transposed: the output size is not used', '...(outputSize === undefined ? {} : { outputSize }) }', '}'],
    ['no bias', 'x.conv2d(kernel!, { stride }).add(bias!)', 'x.conv2d(kernel!, { stride })'],
  ]),
  ...mutantsOf('packages/nn/src/layers/normalization.ts', BLOCKS, [
    [
      'layer normalisation does not centre',
      'const centred = x.sub(x.mean(-1, { keepDims: true }));',
      'const centred = x.sub(0);',
    ],
  ]),
  ...mutantsOf(
    'packages/nn/src/weights.ts',
    ['packages/nn/test/layers.test.ts'],
    [
      ['kernels have too wide a range', 'Math.sqrt(6 / (window', 'Math.sqrt(12 / (window'],
      ['the window is ignored', 'const window = sizeOf(shape.slice(0, -2));', 'const window = 1;'],
      ['kernels are only positive', '(2 * value - 1) * limit', 'value * limit'],
      [
        'all kernels are the same',
        'stream: STREAMS.initialization, step: index',
        'stream: STREAMS.initialization, step: 0 * index',
      ],
      ['gamma starts at 0', "initial === 'ones' ? 1 : 0", "initial === 'ones' ? 0 : 0"],
    ],
  ),
  ...mutantsOf(
    'packages/nn/src/safetensors.ts',
    ['packages/nn/test/safetensors.test.ts'],
    [
      ['holes between tensors are accepted', 'if (begin !== covered)', 'if (begin < covered)'],
      ['bytes after the last tensor are accepted', 'if (covered !== dataBytes)', 'if (covered > dataBytes)'],
      [
        'a size that does not match its shape is accepted',
        'if (end - begin !== expected)',
        'if (end - begin < expected)',
      ],
      ['a repeated name is written', 'if (names.has(name))', 'if (name === METADATA_KEY)'],
      ['a repeated name is read', 'if (duplicate !== undefined) fail', 'if (false) fail'],
      ['a header longer than the file is accepted', 'if (dataStart > bytes.length)', 'if (false)'],
      [
        'tensors are sorted by name',
        '.sort((a, b) => a.begin - b.begin || a.end - b.end)',
        '.sort((a, b) => (a.tensor < b.tensor ? -1 : 1))',
      ],
      [
        'data are a view, not a copy',
        'new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end))',
        'bytes.slice(dataStart + begin, dataStart + end)',
      ],
      ['all tensors start where the first starts', 'offset += values.byteLength;', ''],
    ],
  ),
  ...mutantsOf(
    'packages/nn/src/half.ts',
    ['packages/nn/test/safetensors.test.ts'],
    [
      ['half-precision numbers have half their value', '2 ** (exponent - 25)', '2 ** (exponent - 26)'],
      [
        'the smallest half-precision numbers have half their value',
        'sign * fraction * 2 ** -24',
        'sign * fraction * 2 ** -25',
      ],
      ['ties round away from 0', 'ulps + 2 ** 52 - 2 ** 52', 'Math.round(ulps)'],
      ['-0 loses its sign', 'value < 0 || Object.is(value, -0)', 'value < 0'],
    ],
  ),
  ...mutantsOf(
    'packages/nn/src/keras/match.ts',
    ['packages/nn/test/keras.test.ts'],
    [
      ['shapes are ignored', '&& weight.shape.join() === shape.join()', ''],
      ['unused layers are accepted', 'if (left.length > 0)', 'if (false)'],
      [
        'the heads for mean and variance are swapped',
        'if (i < 0 || !isLaterHead(first!.name, second!.name)) return layers;',
        'if (i < 0 || isLaterHead(first!.name, second!.name)) return layers;',
      ],
      [
        'heads stay in the order of their numbers',
        'return layers.with(i, second!).with(i + 1, first!);',
        'return layers;',
      ],
      [
        'layers of equal shapes count as copies',
        'data.every((value, j) => Object.is(value, b.weights[i]!.data[j]))',
        'data.length === b.weights[i]!.data.length',
      ],
      ['copies count as separate layers', '!layers.some((earlier, j) => j < i && isCopy(earlier, layer))', 'i >= 0'],
    ],
  ),
  ...mutantsOf(
    'packages/nn/src/keras/match.ts',
    ['packages/nn/test/keras-layers.test.ts'],
    [['types and settings of layers are not compared', 'compareLayers(origins);', '']],
  ),
  ...mutantsOf(
    'packages/nn/src/keras/compare.ts',
    ['packages/nn/test/keras-layers.test.ts'],
    [
      ['types are ignored', 'if (step.type !== type) return false;', ''],
      ['settings are ignored', ': a === b;', ': true;'],
      ['numbers are compared in float64', 'Math.fround(a) === Math.fround(b)', 'a === b'],
      ['an extent of -1 does not match', "extent === '-1' || extent === other![i]", 'extent === other![i]'],
      ['a model begins with its weights', 'start(other) - leading', 'start(other)'],
      ['a surplus layer is accepted', 'if (surplus !== undefined)', 'if (false)'],
    ],
  ),
  ...mutantsOf(
    'packages/nn/src/checkpoint.ts',
    ['packages/nn/test/trainer-errors.test.ts'],
    [
      ['weights without a state are accepted', 'if (text === undefined)', 'if (false)'],
      ['the names of optimisers may be numbers', "typeof name === 'string'", "typeof name !== 'object'"],
      ['a damaged state is accepted', 'if (!isState(value))', 'if (value === undefined)'],
    ],
  ),
  ...mutantsOf('packages/nn/src/training-step.ts', OPTIMIZERS, [
    ['moments start again', 'view.write(stored.get(name)!.data);', 'view.write(new Float32Array(view.size));'],
  ]),
  ...mutantsOf('packages/nn/src/model.ts', ADVERSARIAL, [
    ['frozen weights learn', 'weights(name).stopGradient()', 'weights(name)'],
  ]),
  ...mutantsOf('packages/nn/src/model.ts', MODEL, [
    [
      'a part shared by two models appears twice',
      '[...new Set(networks.flatMap((network) => network.parts))]',
      'networks.flatMap((network) => network.parts)',
    ],
  ]),
  ...mutantsOf('packages/nn/src/batches.ts', MODEL, [
    ['different row counts go unnoticed', 'counts.size !== 1 ||', ''],
    [
      'the rows of a record are shuffled apart',
      'gatherRows(rows, indices)',
      "gatherRows(rows, name === 'targets' ? shuffledIndices(device, batchSize, count, { ...position, epoch: position.seed }) : indices)",
    ],
  ]),
  ...mutantsOf('packages/nn/src/replica.ts', REPLICA, [
    ['a bad step counts', 'this.trainer.rewind(failed - 1);', ''],
    ['every process computes the first share', 'start: start + from!', 'start: start'],
    ['the sums of a share are means', 'concat(means, 0).mul(count)', 'concat(means, 0)'],
    ['the sums are not divided by the samples', '.div(samples)', ''],
    [
      'moving averages follow one share',
      'new Map(this.moved.map(([name, shape, size]) => [name, next(shape, size)]))',
      'new Map<string, Tensor>()',
    ],
  ]),
];
