import { fromBinary } from '@bufbuild/protobuf';
import { dense, Sequential } from '@hourglass/nn';
import { type Device, sizeOf } from '@hourglass/tensor';
import { openDevice } from '@hourglass/testing/device';
import { beforeAll, expect, test } from 'vitest';
import { kerasFiles, onnxFiles, type TrainedAutoencoder, torchFiles } from '../src/index.ts';
import { casesOf, expectOnnx, MADE_UP } from './cases.ts';
import { shipped } from './models.ts';
import { ModelProtoSchema, type TypeProto_Tensor } from './onnx/onnx_pb.ts';

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
const caseOf = casesOf(MADE_UP, () => device);

test.each(Object.keys(MADE_UP))('ONNX Runtime computes what the engine does: %s', async (name) => {
  await expectOnnx(await caseOf(name));
});

test('the files of ONNX say what they are', () => {
  const model = shipped('ecg');
  const { offset, unit, threshold } = model.detector!;
  for (const [file, bytes] of onnxFiles(model)) {
    const about = fromBinary(ModelProtoSchema, bytes);
    const [part] = file.split('.');
    expect(about).toMatchObject({
      ...{
        irVersion: 8n,
        opsetImport: [{ domain: '', version: 17n }],
        producerName: 'hourglass',
        producerVersion: '1.2.3',
      },
      graph: { name: `ecg.${part}` },
    });
    expect(Object.fromEntries(about.metadataProps.map(({ key, value }) => [key, value]))).toEqual({
      ...{ producer: 'hourglass 1.2.3', experiment: 'ecg', title: model.title, part },
      ...{
        range: JSON.stringify({ offset, unit }),
        scaling: '(raw - offset) / unit',
        score: 'mae',
        threshold: String(threshold),
      },
    });
    for (const { name, type } of [...about.graph!.input, ...about.graph!.output])
      expect((type!.value.value as TypeProto_Tensor).shape!.dim[0]!.value.value, `${file}: ${name}`).toBe('batch');
  }
});

test('the range of samples is only stated where it is known', async () => {
  const rangeOf = (model: TrainedAutoencoder) =>
    fromBinary(ModelProtoSchema, onnxFiles(model).get('model.onnx')!).metadataProps.find(({ key }) => key === 'range');
  expect(rangeOf(shipped('fashion'))?.value).toBe('[0, 1]');
  const { model } = await caseOf('own names'); // vectors without a detector
  expect(rangeOf(model)).toBeUndefined();
  const text = new TextDecoder().decode(torchFiles(model).get('model.py'));
  expect(text).toContain('The encoder takes [batch, 6], as in training, and gives codes\n[batch, 2];');
});

test('a layer that nobody else has is named', () => {
  const encoder = new Sequential('encoder', [3], [{ ...dense(2), type: 'Odd', name: 'odd' }]);
  const decoder = new Sequential('decoder', [2], [dense(3)]);
  const named = [encoder, decoder].flatMap(({ weights }) => weights);
  const tensors = new Map(named.map(({ name, shape }) => [name, { shape, data: new Float32Array(sizeOf(shape)) }]));
  const model = { experiment: 'test', title: 'Test', version: '1.2.3', encoder, decoder, tensors };
  const message = /no counterpart of encoder\.odd \(Odd\)/;
  expect(() => onnxFiles(model)).toThrow(message);
  expect(() => torchFiles(model)).toThrow(message);
  return expect(kerasFiles(model)).rejects.toThrow(message);
});
