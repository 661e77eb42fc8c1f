/** onnxruntime with its WebGPU provider, only for the matrix product: these builds can't train. */
import { createRequire } from 'node:module';
import { serve } from './protocol.mjs';

const require = createRequire(import.meta.url);
const { version } = require('onnxruntime-node/package.json');

await serve({ peer: 'onnxruntime-webgpu', version }, async (work, size) => {
  if (work !== 'W5') throw new Error('these builds of onnxruntime can’t train');
  const { InferenceSession, Tensor } = require('onnxruntime-node');
  const session = await InferenceSession.create(matmulModel(size), {
    executionProviders: ['webgpu'],
    logSeverityLevel: 3,
  });
  const matrix = () => new Tensor('float32', Float32Array.from({ length: size * size }, Math.random), [size, size]);
  const operands = { a: matrix(), b: matrix() };
  return { adapter: undefined, step: async () => (await session.run(operands)).c.data[0] };
});

/** c = a · b, all [n, n], as an ONNX file: protocol buffers with the field numbers of onnx.proto. */
function matmulModel(n) {
  const FLOAT = 1;
  const dimension = field(1, n);
  const type = field(1, [...field(1, FLOAT), ...field(2, [...field(1, dimension), ...field(1, dimension)])]);
  const value = (name) => [...field(1, name), ...field(2, type)];
  const node = [...field(1, 'a'), ...field(1, 'b'), ...field(2, 'c'), ...field(4, 'MatMul')];
  const graph = [
    ...field(1, node),
    ...field(2, 'product'),
    ...field(11, value('a')),
    ...field(11, value('b')),
    ...field(12, value('c')),
  ];
  const [irVersion, operatorSet] = [8, 17];
  return Uint8Array.from([...field(1, irVersion), ...field(7, graph), ...field(8, field(2, operatorSet))]);
}

/** Encodes a number, a text or a message (as its bytes) with a field number. */
function field(number, content) {
  if (typeof content === 'number') return [...varint(number * 8), ...varint(content)];
  const bytes = typeof content === 'string' ? [...Buffer.from(content)] : content;
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
}

function varint(value) {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
