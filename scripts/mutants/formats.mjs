/** Mutants of the code that reads Keras 3's files, and of the code that writes models for other libraries. */
import { mutantsOf } from './mutants-of.mjs';

const KERAS_FILES = ['packages/formats/test/keras-files.test.ts'];
const ONNX = ['packages/formats/test/onnx.test.ts'];

export default [
  ...mutantsOf('packages/nn/src/keras/arrange.ts', KERAS_FILES, [
    ['classes do not count', 'place!.kind === layer.name', 'place !== undefined'],
    ['what fits is not looked for', 'takeWhere(fits);', ''],
    ['what has the classes is not looked for', 'takeWhere((found) => found !== undefined);', ''],
    ['groups are one', "layer.place?.container ?? ''", "''"],
  ]),
  ...mutantsOf('packages/nn/src/keras/vars.ts', KERAS_FILES, [
    ['the optimiser is a layer', 'key !== OPTIMIZER', 'true'],
    ['moving averages the other way round', "'moving_mean', 'moving_variance'", "'moving_variance', 'moving_mean'"],
    ['names of the file alone', "names.get(path.join('/')) ?? ", ''],
  ]),
  ...mutantsOf('packages/nn/src/keras/compare.ts', KERAS_FILES, [
    ['models within one are mixed up', 'first!.model === within', 'false'],
  ]),
  ...mutantsOf('packages/nn/src/keras/match.ts', KERAS_FILES, [
    ['equal layers of Keras 3 are copies', 'layer.place !== undefined ||', ''],
  ]),
  ...mutantsOf('packages/formats/src/keras/read.ts', KERAS_FILES, [
    ['members of any expansion', 'MAX_EXPANSION * packed', 'packed ** 2'],
    ['members of any size', 'originalSize > most(size)', 'false'],
    ['what the layers are is not read', 'readKeras(weights, name, strFromU8(config))', 'readKeras(weights, name)'],
  ]),
  ...mutantsOf('packages/formats/src/geometry.ts', ONNX, [
    ['the odd zero before', 'Math.floor(extent / 2)', 'Math.ceil(extent / 2)'],
    ['nothing beyond the last window', 'Math.max(0, -extent)', '0'],
    ['channels not turned', '[(j * a + i) * taps + tap]', '[(i * b + j) * taps + tap]'],
  ]),
  ...mutantsOf('packages/formats/src/onnx/layers.ts', ONNX, [
    [
      'rows counted with the channels first',
      "return { ...writer.node('Reshape', writer.last(), [shape])",
      "return { ...writer.node('Reshape', writer.any(), [shape])",
    ],
    ['averages the other way round', "'moving_mean', 'moving_variance'", "'moving_variance', 'moving_mean'"],
    ['the slope is the usual one', 'Number(settings.slope)', '0.01'],
  ]),
  ...mutantsOf('packages/formats/src/onnx/messages.ts', ONNX, [
    ['the batch has no extent', 'writer.writeStringField(2, extent)', 'writer.writeVarintField(1, 1)'],
    ['outputs are inputs', 'writer.writeMessage(12, writeValue, own)', 'writer.writeMessage(11, writeValue, own)'],
  ]),
  ...mutantsOf('packages/formats/src/onnx/files.ts', ONNX, [
    ['not scaled', "graph.node('Sub', 'moved', [input, numbers('offset', offset)])", 'input'],
    ['the error is the sum', "'ReduceMean'", "'ReduceSum'"],
    ['abnormal is what is below', "'Greater'", "'Less'"],
    [
      'the variance is the mean',
      '{ code: output(mean!), log_variance: output(logVariance!) }',
      '{ code: output(logVariance!), log_variance: output(mean!) }',
    ],
  ]),
];
