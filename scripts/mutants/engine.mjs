import { mutantsOf } from './mutants-of.mjs';

const MOVEMENT = ['packages/tensor/test/movement.test.ts'];
const REDUCE = ['packages/tensor/test/reduce.test.ts'];
const CONVOLUTION = ['packages/tensor/test/convolution.test.ts'];
const SECOND_ORDER = ['packages/nn/test/blocks.test.ts'];
const GATHER = ['packages/tensor/test/gather.test.ts'];
const RANDOM = ['packages/tensor/test/random.test.ts'];
const PIECES = ['packages/tensor/test/pieces.test.ts'];
const FUSION = ['packages/tensor/test/fusion.test.ts'];
const VARIABLES = ['packages/tensor/test/variables.test.ts', 'packages/tensor/test/plan.test.ts'];
const PLACEMENT = ['packages/tensor/test/movement.test.ts', 'packages/tensor/test/training.test.ts'];
const OPERATIONS = ['packages/tensor/test/oracles/operations.test.ts'];
const NN_ORACLE = ['packages/nn/test/oracle.test.ts'];
const BLOCKS = ['packages/nn/test/blocks.test.ts'];
const ELEMENTWISE = ['packages/tensor/test/elementwise.test.ts'];
const EXTREMES = ['packages/tensor/test/extremes.test.ts'];
const TRAINER = ['packages/nn/test/trainer.test.ts', 'packages/nn/test/trainer-errors.test.ts'];

export default [
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
    ['the gradient instead of its moving mean', 'rate * m /', 'rate * g /'],
    ['the gradient is not squared', '(1.0 - BETA2) * g * g', '(1.0 - BETA2) * abs(g)'],
  ]),
  ...mutantsOf('packages/tensor/src/ops/batchnorm.ts', BLOCKS, [
    ['the gradient of the gradient without the mean', 'a * (g - p - (x - m) * q)', 'a * (g - (x - m) * q)'],
  ]),
  ...mutantsOf('packages/tensor/src/ops/extremes.ts', EXTREMES, [
    ['each tie gets the whole gradient', "'(g / n) * select(", "'g * select("],
    [
      'only half of the parts',
      'kernels(of, parts, [',
      'kernels(of, parts.slice(parts.shape.map(() => 0), [parts.shape[0]! >> 1, ...result]), [',
    ],
  ]),
  ...mutantsOf('shaders/extreme.wgsl', PIECES, [
    ['a piece forgets the previous one', 'FURTHER(output[place], extreme)', 'extreme'],
    ['parts of other results are mixed', 'INNER * given.splits + split) * INNER', 'INNER + split) * INNER'],
  ]),
  ...mutantsOf('shaders/extreme_index.wgsl', EXTREMES, [
    ['the last of equal values', '(other > extreme)', '(other >= extreme)'],
    ['NaN is skipped', 'none(other) || further', 'further'],
  ]),
  ...mutantsOf('shaders/sine.wgsl', ELEMENTWISE, [
    ['the middle word is left out', 'm * window[0] + middle.y +', 'm * window[0] +'],
  ]),
  ...mutantsOf(
    'packages/tensor/src/philox.ts',
    ['packages/tensor/test/random.test.ts', ...TRAINER],
    [
      [
        'the host draws a different order',
        'const rounds = feistelRounds(bits);',
        'const rounds = feistelRounds(bits) - 1;',
      ],
      ['the host draws the next sample', 'let number = position % total', 'let number = (position + 1) % total'],
    ],
  ),

  ...mutantsOf('packages/tensor/src/ops/movement.ts', MOVEMENT, [
    ['the gradient of a transpose has the same order', 'transpose(g, inverse)', 'transpose(g, from)'],
    [
      'the gradient of a slice is placed at the start',
      'embed(g, begin, x.shape)',
      'embed(g, begin.map(() => 0), x.shape)',
    ],
    ['a slice begins elsewhere', 'offset + from * strides[d]!', 'offset + from'],
    ['every part gets the first gradient', 'd === along ? starts[i]! : 0', '0'],
    [
      'a slice of a concatenation is the next input',
      'start - input.shape[along]! === begin[along]',
      'start === begin[along]',
    ],
  ]),
  ...mutantsOf(
    'packages/tensor/src/ops/movement.ts',
    ['packages/tensor/test/elementwise.test.ts'],
    [
      [
        'stopGradient passes the gradient on',
        'inputs: [x], sources: [] }, x.dtype',
        'inputs: [x], gradient: (g) => [g] }, x.dtype',
      ],
    ],
  ),
  ...mutantsOf('packages/tensor/src/ops/reduce.ts', REDUCE, [
    ['a mean of the results', 'total.size / x.size', '1 / x.size'],
  ]),
  ...mutantsOf('shaders/reduce.wgsl', REDUCE, [
    ['the rounding error of the sum is lost', 'sum.total + sum.rest)', 'sum.total)'],
    ['the rest of an infinite sum is NaN', 'Sum(sum.total, finite(sum.rest))', 'sum'],
    ['one term too few', 'for (; r < end; r += step)', 'for (; r + 1u < end; r += step)'],
  ]),
  ...mutantsOf('shaders/compensated.wgsl', REDUCE, [
    ['the rounding error of a term is lost', 'sum.rest + (term - grown)', 'sum.rest'],
  ]),
  ...mutantsOf('packages/tensor/src/ops/extremes.ts', EXTREMES, [
    ['min is max', "{ max: 'larger', min: 'smaller' }", "{ max: 'larger', min: 'larger' }"],
    ['argMin is argMax', "LARGEST: of === 'max'", 'LARGEST: true'],
  ]),
  ...mutantsOf('shaders/scatter_rows.wgsl', GATHER, [
    ['only the last place counts', 'added(Sum(sum.total, T())', 'added(Sum()'],
    ['the rounding errors are lost', '/ WIDTH] + finite(sum.rest)', '/ WIDTH]'],
    ['only the first element of each row', '(i * ROW_SIZE + e % ROW_SIZE)', '(i * ROW_SIZE)'],
  ]),
  ...mutantsOf('shaders/gather_rows.wgsl', GATHER, [
    ['one row too many', 'row < ROWS)', 'row <= ROWS)'],
    ['only the first element of each row', '* ROW_SIZE + e % ROW_SIZE', '* ROW_SIZE'],
  ]),
  ...mutantsOf('packages/tensor/src/ops/gather.ts', GATHER, [
    ['bytes are half a byte apart', '>> (first % 4u * 8u)', '>> (first % 4u * 4u)'],
    ['an index one beyond the last is accepted', 'largest >= count', 'largest > count'],
  ]),
  ...mutantsOf('packages/tensor/src/ops/conv2d.ts', CONVOLUTION, [
    ['same: more padding before', 'return [Math.floor(Math.max(', 'return [Math.ceil(Math.max('],
    ['same: the last window is left out', 'Math.ceil(input / stride)', 'Math.floor(input / stride)'],
    [
      'valid: one window too many',
      'Math.floor((input - window) / stride) + 1',
      'Math.ceil((input - window) / stride) + 1',
    ],
    [
      'the width uses the vertical stride',
      'extent(width, kw, stride[1], padding)',
      'extent(width, kw, stride[0], padding)',
    ],
    [
      'transposed: same and valid are swapped',
      "padding === 'same' ? pixels * step : pixels",
      "padding !== 'same' ? pixels * step : pixels",
    ],
    ['transposed, valid: windows overhang', 'Math.max(window - step, 0)', '(window - step)'],
    ['transposed: the width uses the vertical stride', 'grown(width, kw, stride[1])', 'grown(width, kw, stride[0])'],
    ['transposed: any output size is accepted', 'if (least !== height || across !== width)', 'if (false)'],
  ]),
  ...mutantsOf(
    'packages/tensor/src/ops/conv2d.ts',
    ['packages/tensor/test/errors.test.ts'],
    [
      [
        'an image smaller than its window is accepted',
        'if (outHeight < 1 || outWidth < 1)',
        'if (outHeight < 1 && outWidth < 1)',
      ],
    ],
  ),
  ...mutantsOf('packages/tensor/src/ops/product-constants.ts', CONVOLUTION, [
    [
      'padding above and beside is swapped',
      'PAD_TOP: pad[0],\n    PAD_LEFT: pad[1],\n    WINDOW',
      'PAD_TOP: pad[1],\n    PAD_LEFT: pad[0],\n    WINDOW',
    ],
    [
      'strides are swapped',
      'STRIDE_DOWN: stride[0],\n    STRIDE_ACROSS: stride[1],\n    PHASES:',
      'STRIDE_DOWN: stride[1],\n    STRIDE_ACROSS: stride[0],\n    PHASES:',
    ],
    [
      'weight gradient: padding is swapped',
      'PAD_TOP: pad[0],\n    PAD_LEFT: pad[1],\n    PIXELS',
      'PAD_TOP: pad[1],\n    PAD_LEFT: pad[0],\n    PIXELS',
    ],
    [
      'weight gradient: strides are swapped',
      'STRIDE_DOWN: stride[0],\n    STRIDE_ACROSS: stride[1],\n    PAD_TOP: pad[0],\n    PAD_LEFT: pad[1],\n    PIXELS',
      'STRIDE_DOWN: stride[1],\n    STRIDE_ACROSS: stride[0],\n    PAD_TOP: pad[0],\n    PAD_LEFT: pad[1],\n    PIXELS',
    ],
    ['the last phase of the adjoint is missing', 'Math.ceil(target[0] / down)', 'Math.floor(target[0] / down)'],
  ]),
  ...mutantsOf(
    'packages/tensor/src/ops/product-constants.ts',
    ['packages/tensor/test/long-products.test.ts'],
    [['long sums are not split', 'BLOCKED: terms > LONGEST', 'BLOCKED: false']],
  ),
  ...mutantsOf(
    'packages/tensor/src/ops/conv2d.ts',
    [...CONVOLUTION, ...SECOND_ORDER],
    [
      ['a weight gradient has no gradient for the image', 'spread(small, g, geometry),', 'undefined,'],
      [
        'a weight gradient has no gradient for the output gradient',
        'correlate(large, g, geometry),\n  ]',
        'undefined,\n  ]',
      ],
      ['an adjoint has no gradient for its image', 'correlate(g, w, geometry),', 'undefined,'],
      ['an adjoint has no gradient for its weights', 'weightGradient(g, small, geometry),', 'undefined,'],
    ],
  ),
  ...mutantsOf('packages/tensor/src/ops/batchnorm.ts', OPERATIONS, [
    ['without the mean of the gradient', '(g - (d + (x - m)', '(g - (T(0) * d + (x - m)'],
    ['without the gradient through the deviation', '* (${INVERSE} * k)) * c)', '* (T(0) * k)) * c)'],
    ['beta is a factor', '(x - m) * ${scale} + b`', '(x - m) * ${scale} * b`'],
    ['gamma without the deviation', '.sum(axes).mul(inverse);', '.sum(axes);'],
  ]),
  ...mutantsOf('packages/tensor/src/ops/losses.ts', OPERATIONS, [
    ['mse is mae', "'mse', prediction, target).square()", "'mse', prediction, target).abs()"],
    ['mae keeps signs', "'mae', prediction, target).abs()", "'mae', prediction, target)"],
  ]),
  ...mutantsOf(
    'packages/tensor/src/autograd.ts',
    ['packages/tensor/test/elementwise.test.ts'],
    [['only the last use counts', 'sum === undefined ? contribution : sum.add(contribution)', 'contribution']],
  ),
  ...mutantsOf(
    'packages/tensor/src/autograd.ts',
    ['packages/tensor/test/variables.test.ts'],
    [["a view's gradient is placed at the start", '(tensor.storage!.offset - base.storage!.offset) / 4', '0']],
  ),
  ...mutantsOf('packages/tensor/src/philox.ts', RANDOM, [
    ['nine rounds', 'round < 10', 'round < 9'],
    ['another key for the next round', 'k1 = (k1 + 0xbb67ae85) | 0', 'k1 = (k1 + 0xbb67ae84) | 0'],
    ['all 32 bits of a word', '(word >>> 8) / 2 ** 24', 'word / 2 ** 32'],
    ['a smaller radius', 'Math.sqrt(-2 * Math.log', 'Math.sqrt(-1 * Math.log'],
    ['few numbers get as few rounds as many', 'halfBits > 4 ? 4 : 12', 'halfBits > 4 ? 4 : 4'],
  ]),
  ...mutantsOf('shaders/philox.wgsl', RANDOM, [
    ['nine rounds', 'round < 10', 'round < 9'],
    ['words are swapped', 'p0.y ^ c.w ^ k.y, p0.x)', 'p0.x, p0.y ^ c.w ^ k.y)'],
  ]),
  ...mutantsOf('shaders/random.wgsl', RANDOM, [
    ['every stream is the first', 'vec2u(seed, STREAM)', 'vec2u(seed, 0u)'],
    ['every step is the first', 'lane, at_step, 0u', 'lane, 0u * at_step, 0u'],
    ['half the angle', '1.5707963267948966', '0.7853981633974483'],
  ]),
  ...mutantsOf('shaders/shuffle.wgsl', RANDOM, [
    ['every epoch is the first', 'vec2u(seed, epoch)', 'vec2u(seed, 0u * epoch)'],
    [
      'a number out of range is wrapped',
      'while (number >= TOTAL) { number = permute(number); }',
      'number = number % TOTAL;',
    ],
    ['the start is ignored', 'permute((start % TOTAL + lane) % TOTAL)', 'permute(lane % TOTAL)'],
  ]),
  ...mutantsOf('packages/tensor/src/fusion.ts', FUSION, [
    [
      'a requested result joins an epilogue',
      'users.get(input)?.length === 1 && !rooted.has(input)',
      'users.get(input)?.length === 1',
    ],
    ['a result with other consumers joins an epilogue', 'users.get(input)?.length === 1 && !rooted', '!rooted'],
    ['a result with many consumers is recomputed', '(readers.length > 1 && large > 1) || !inlined', '!inlined'],
    ['nothing is recomputed', '(readers.length > 1 && large > 1)', 'readers.length > 1'],
  ]),
  ...mutantsOf(
    'packages/tensor/src/fusion.ts',
    [...FUSION, 'packages/tensor/test/long-graphs.test.ts'],
    [
      [
        'an epilogue without a size limit',
        'operations.get(input)!.size + operationsOf(operation, input).size <= MAX_OPERATIONS',
        'true',
      ],
      ['an expression without a size limit', 'keepLargest(tensor, operations, operationsOf, MAX_OPERATIONS);', ''],
    ],
  ),
  ...mutantsOf('packages/tensor/src/fusion.ts', VARIABLES, [
    [
      'a kernel computes both of its operands',
      'unshaped(node.inputs[0]!) === operand && uses === 1',
      'unshaped(node.inputs[0]!) === operand',
    ],
    [
      'an update reads what another update has changed',
      'return changing.length === 1 && own.includes(leaf) &&',
      'return true ||',
    ],
    ['an update reads its changed target elsewhere', '&& !elsewhere.get(operand)!.has(leaf)', ''],
  ]),
  ...mutantsOf('packages/tensor/src/expression.ts', MOVEMENT, [
    ['groups of four start at any offset', 'inner.stride === 1 && offset % 4 === 0 &&', 'inner.stride === 1 &&'],
    ['groups of four cross the end of a row', "if (inner.extent % 4 !== 0) return 'none';", ''],
    ['groups of four ignore the row strides', '&& merged.slice(0, -1).every(({ stride }) => stride % 4 === 0)', ''],
    ['dimensions that are not contiguous merge', 'outer.stride === extent * stride', 'outer.stride >= extent * stride'],
  ]),
  ...mutantsOf('packages/tensor/src/expression.ts', PIECES, [
    ['every piece begins at the first row', 'offset + before * outermost.stride', 'offset'],
    ['every piece begins at the first element', 'piece.before(sizeOf(shape))', '0'],
  ]),
  ...mutantsOf('packages/tensor/src/pieces.ts', PIECES, [
    ['large tensors in one piece', 'if (largest <= bindingLimit) return whole;', 'return whole;'],
    [
      'pieces begin at unaligned offsets',
      'const step = ALIGNMENT / 4 / divisor(size / extent, ALIGNMENT / 4);',
      'const step = 1;',
    ],
  ]),
  ...mutantsOf('packages/tensor/src/leaves.ts', VARIABLES, [
    ['a variable is bound to be read and to be written', "if (this.written.includes(tensor)) return 'output';", ''],
  ]),
  ...mutantsOf('packages/tensor/src/placement.ts', PLACEMENT, [
    [
      'two copies of one buffer share a place',
      'copy === undefined || another !== undefined ||',
      'copy === undefined ||',
    ],
    ['an output has no place of its own', 'outputs.has(result) || owners', 'owners'],
    [
      'a kernel reads and writes one buffer',
      'if (!dispatches.some((dispatch) => buffersOf(dispatch).some(beside))) aliases',
      'aliases',
    ],
  ]),
  ...mutantsOf(
    'packages/tensor/src/slots.ts',
    ['packages/tensor/test/slots.test.ts'],
    [
      ['a slot is taken at the first writing of another', '.last >= lifetime.first', '.last > lifetime.first'],
      ['a slot is taken at the last reading of another', 'first <= lifetime.last) low', 'first < lifetime.last) low'],
    ],
  ),
  ...mutantsOf('packages/tensor/src/allocation.ts', VARIABLES, [
    ['gaps of a pack lie in shared memory', 'new Set([...outputs, ...owners])', 'new Set(outputs)'],
    ['a buffer ends with its first reading', 'first, last: time }', 'first, last: first }'],
  ]),
  ...mutantsOf(
    'packages/tensor/src/wgsl.ts',
    ['packages/tensor/test/elementwise.test.ts'],
    [['the first of four for all', "['.x', '.y', '.z', '.w'].map(at)", "['.x', '.x', '.x', '.x'].map(at)"]],
  ),
  ...mutantsOf(
    'packages/tensor/src/grid.ts',
    ['packages/tensor/test/workgroups.test.ts'],
    [
      [
        'the last, partial row of workgroups is missing',
        'const rows = Math.ceil(groups / MAX_WORKGROUPS);',
        'const rows = Math.max(1, Math.floor(groups / MAX_WORKGROUPS));',
      ],
      ['the place of a workgroup', '${across}u % ${down}u', '${across}u'],
    ],
  ),
  ...mutantsOf(
    'packages/tensor/src/caller.ts',
    ['packages/tensor/test/caller.test.ts'],
    [
      ["the line is the engine's", '!inside.some((folder) => file.startsWith(folder))', 'inside.length > 0'],
      ['the stack is too short', 'const FRAMES = 100', 'const FRAMES = 3'],
      ['the stack limit stays raised', "Reflect.set(Error, 'stackTraceLimit', limit)", ''],
    ],
  ),
];
