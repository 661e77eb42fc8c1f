import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeCheckpoint } from '../src/checkpoint.ts';
import { FileFormatError } from '../src/errors.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../src/safetensors.ts';

const NAME = 'model.safetensors';

/** A file made by hand: the header's size, the given header, and the data. */
function file(header: string | Uint8Array, data: Uint8Array = new Uint8Array()): Uint8Array {
  const bytes = Buffer.from(header);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([size, bytes, data]);
}

const entry = (shape: string, offsets: string, dtype = 'F32') =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;

const bits = (data: Float32Array) => [...new Uint32Array(data.buffer, data.byteOffset, data.length)];

const tensor = fc.array(fc.nat(4), { maxLength: 4 }).chain((shape) => {
  const length = shape.reduce((a, b) => a * b, 1);
  return fc.float32Array({ minLength: length, maxLength: length }).map((data): StoredTensor => ({ shape, data }));
});
const named = fc.uniqueArray(
  fc.tuple(
    fc.oneof(
      fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__'),
      fc.constantFrom('0', '12', '__proto__', 'encoder.conv.weight', '"{}:\\'),
    ),
    tensor,
  ),
  { selector: ([name]) => name },
);
const metadata = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }));

describe('round trip', () => {
  test('tensors are read back bit for bit, in the given order', () => {
    fc.assert(
      fc.property(named, metadata, fc.nat(7), (tensors, metadata, shift) => {
        const written = writeSafetensors(tensors, metadata);
        const unaligned = new Uint8Array(written.length + shift).subarray(shift);
        unaligned.set(written);
        const read = readSafetensors(unaligned, NAME);
        expect(Object.entries(read.metadata).sort()).toEqual(Object.entries(metadata).sort());
        // Tensors without elements take no bytes, so the data does not determine their place in the order.
        const withData = tensors.filter(([, { data }]) => data.length > 0);
        expect([...read.tensors.keys()].filter((name) => read.tensors.get(name)!.data.length > 0)).toEqual(
          withData.map(([name]) => name),
        );
        expect(read.tensors.size).toBe(tensors.length);
        for (const [name, { shape, data }] of tensors) {
          expect(read.tensors.get(name)?.shape).toEqual(shape);
          expect(bits(read.tensors.get(name)!.data)).toEqual(bits(data));
        }
      }),
    );
  });

  test('a header of any length is padded so that the data starts at a multiple of 8', () => {
    for (let length = 0; length < 16; length++) {
      const written = writeSafetensors([['x'.repeat(length), { shape: [], data: Float32Array.of(1) }]]);
      expect((written.length - 4) % 8).toBe(0);
    }
  });

  test('the tensors are copies', () => {
    const bytes = file(`{"a":${entry('[1]', '[0,4]')}}`, Buffer.from('0000803f', 'hex'));
    const { data } = readSafetensors(bytes, NAME).tensors.get('a')!;
    bytes.fill(0);
    expect([...data]).toEqual([1]);
  });
});

// The bytes follow the format's published description (huggingface.co/docs/safetensors). Its reference implementation
// tests the first three files.
describe('known files', () => {
  test('no tensors', () => {
    const bytes = Buffer.from('0800000000000000' + '7b7d202020202020', 'hex');
    expect(Buffer.from(writeSafetensors([]))).toEqual(bytes);
    expect(readSafetensors(bytes, NAME)).toEqual({ tensors: new Map(), unread: new Map(), metadata: {} });
  });

  test('only metadata', () => {
    const bytes = file('{"__metadata__":{"framework":"pt"}}     ');
    expect(bytes[0]).toBe(40);
    expect(Buffer.from(writeSafetensors([], { framework: 'pt' }))).toEqual(bytes);
    expect(readSafetensors(bytes, NAME).metadata).toEqual({ framework: 'pt' });
  });

  test('a tensor of six elements', () => {
    const data = Buffer.from('00000000' + '0000803f' + '00000040' + '00004040' + '00008040' + '0000a040', 'hex');
    const bytes = file('{"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}}', data);
    expect(bytes[0]).toBe(64);
    const stored = { shape: [1, 2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) };
    expect(Buffer.from(writeSafetensors([['attn.0', stored]]))).toEqual(bytes);
    expect(readSafetensors(bytes, NAME).tensors.get('attn.0')).toEqual(stored);
  });

  test('a scalar, an empty tensor, data in another order than the header, white space', () => {
    const header = `{ "b" : ${entry('[1]', '[4, 8]')},\n\t"empty":${entry('[2,0]', '[4,4]')}, "a":${entry('[]', '[0,4]')} }\r\n`;
    const { tensors } = readSafetensors(file(header, Buffer.from('0000803f' + '00000040', 'hex')), NAME);
    expect([...tensors]).toEqual([
      ['a', { shape: [], data: Float32Array.of(1) }],
      ['empty', { shape: [2, 0], data: new Float32Array() }],
      ['b', { shape: [1], data: Float32Array.of(2) }],
    ]);
  });
});

describe('F16', () => {
  const read = (halves: number[]) => {
    const data = Buffer.from(Uint16Array.from(halves).buffer);
    const header = `{"h":${entry(`[${halves.length}]`, `[0,${data.length}]`, 'F16')}}`;
    return readSafetensors(file(header, data), NAME).tensors.get('h')!.data;
  };
  const write = (values: number[]) => {
    const stored = { shape: [values.length], data: Float32Array.from(values) };
    const bytes = Buffer.from(writeSafetensors([['h', stored]], undefined, { dtype: 'F16' }));
    return values.map((_, i) => bytes.readUInt16LE(bytes.length - 2 * (values.length - i)));
  };
  // IEEE 754-2019, binary16: 1 sign bit, 5 exponent bits with bias 15, 10 fraction bits.
  const known: [number, number][] = [
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -24],
    [0x03ff, 2 ** -14 - 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3bff, 1 - 2 ** -11],
    [0x3c00, 1],
    [0x3c01, 1 + 2 ** -10],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ];

  test('is widened exactly', () => {
    expect([...read(known.map(([half]) => half))]).toEqual(known.map(([, value]) => value));
  });

  test('is written, and every half-precision number survives the round trip', () => {
    expect(write(known.map(([, value]) => value))).toEqual(known.map(([half]) => half));
    const numbers = Array.from({ length: 0x10000 }, (_, half) => half).filter((half) => (half & 0x7fff) <= 0x7c00);
    expect(write([...read(numbers)])).toEqual(numbers);
  });

  test('rounds to nearest, ties to even', () => {
    const rounded: [number, number][] = [
      [1 + 2 ** -11, 0x3c00], // halfway between 0x3c00 and 0x3c01
      [1 + 3 * 2 ** -11, 0x3c02], // halfway between 0x3c01 and 0x3c02
      [1 + 2 ** -11 + 2 ** -20, 0x3c01],
      [2 - 2 ** -12, 0x4000], // carries into the exponent
      [2 ** -25, 0x0000],
      [3 * 2 ** -25, 0x0002],
      [65519, 0x7bff],
      [65520, 0x7c00],
      [-1e30, 0xfc00],
    ];
    expect(write(rounded.map(([value]) => value))).toEqual(rounded.map(([, half]) => half));
  });
});

describe('a broken file throws with the file, the tensor and the numbers', () => {
  const four = new Uint8Array(4);
  const size = (value: bigint) => Buffer.from(BigUint64Array.of(value).buffer);
  const cases: [string, Uint8Array, RegExp][] = [
    ['empty', new Uint8Array(), /0 bytes/],
    ['no header size', new Uint8Array(7), /7 bytes/],
    ['header of 2^64 - 1 bytes', size(2n ** 64n - 1n), /18446744073709551615/],
    ['header above 100 MB', size(100_000_001n), /100000001.*100000000/],
    ['header beyond the file', Buffer.concat([size(9n), Buffer.from('{}      ')]), /byte 17.*16 bytes/],
    ['no header', file(''), /'{'/],
    ['white space before the header', file(' {}'), /'{'/],
    ['a list', file('[]'), /'{'/],
    ['a byte order mark', file('\ufeff{}'), /'{'/],
    ['no JSON', file('{'), /JSON/],
    ['something after the JSON', file('{}{}'), /JSON/],
    [
      'no UTF-8',
      file(Buffer.from([...Buffer.from('{"'), 0xff, ...Buffer.from(`":${entry('[0]', '[0,0]')}}`)])),
      /UTF-8/,
    ],
    ['metadata not a map', file('{"__metadata__":["a"]}'), /__metadata__/],
    ['metadata not strings', file('{"__metadata__":{"epoch":3}}'), /__metadata__/],
    ['entry not an object', file('{"w":[1]}'), /"w".*\[1\]/],
    ['entry null', file('{"w":null}'), /"w".*null/],
    ['deep nesting', file(`{"w":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), /"w"/],
    ['no dtype', file('{"w":{"shape":[1],"data_offsets":[0,4]}}', four), /"w".*none/],
    ['unknown dtype', file(`{"w":${entry('[1]', '[0,4]', 'toString')}}`, four), /"w".*"toString".*not define/],
    ['wrong size for an unread dtype', file(`{"w":${entry('[1]', '[0,4]', 'I64')}}`, four), /"w".*I64.*8 bytes.*4/],
    ['no shape', file('{"w":{"dtype":"F32","data_offsets":[0,4]}}', four), /"w".*shape.*none/],
    ['negative size', file(`{"w":${entry('[-1]', '[0,4]')}}`, four), /"w".*shape.*\[-1\]/],
    ['fractional size', file(`{"w":${entry('[0.5]', '[0,4]')}}`, four), /"w".*shape.*\[0.5\]/],
    ['text size', file(`{"w":${entry('["1"]', '[0,4]')}}`, four), /"w".*shape.*\["1"\]/],
    ['size above 2^53', file(`{"w":${entry('[9007199254740993]', '[0,4]')}}`, four), /"w".*shape/],
    ['no offsets', file('{"w":{"dtype":"F32","shape":[1]}}', four), /"w".*data_offsets.*none/],
    ['three offsets', file(`{"w":${entry('[1]', '[0,4,4]')}}`, four), /"w".*data_offsets.*\[0, 4, 4\]/],
    ['negative offset', file(`{"w":${entry('[1]', '[-4,0]')}}`, four), /"w".*data_offsets.*\[-4, 0\]/],
    ['reversed offsets', file(`{"w":${entry('[1]', '[4,0]')}}`, four), /"w".*data_offsets \[4, 0\].*4 bytes/],
    ['offsets beyond the data', file(`{"w":${entry('[2]', '[0,8]')}}`, four), /"w".*data_offsets \[0, 8\].*4 bytes/],
    ['wrong size for the shape', file(`{"w":${entry('[2,3]', '[0,4]')}}`, four), /"w".*\[2,3\].*F32.*24 bytes.*4/],
    ['wrong size for the dtype', file(`{"w":${entry('[1]', '[0,4]', 'F16')}}`, four), /"w".*F16.*2 bytes.*4/],
    // 2^32 * 2^32 is 0 in 64 bits.
    [
      'product overflow',
      file(`{"w":${entry('[4294967296,4294967296]', '[0,0]')}}`),
      /"w".*7378697629483\d+ bytes, found 0/,
    ],
    ['infinite product', file(`{"w":${entry(`[${'9e15,'.repeat(30)}0]`, '[0,0]')}}`), /"w" of shape/],
    [
      'overlap',
      file(`{"v":${entry('[2]', '[0,8]')},"w":${entry('[2]', '[4,12]')}}`, new Uint8Array(12)),
      /"w" begins at byte 4.*expected 8/,
    ],
    [
      'the same bytes twice',
      file(`{"v":${entry('[1]', '[0,4]')},"w":${entry('[1]', '[0,4]')}}`, four),
      /"w" begins at byte 0.*expected 4/,
    ],
    [
      'hole at the start',
      file(`{"w":${entry('[1]', '[4,8]')}}`, new Uint8Array(8)),
      /"w" begins at byte 4.*expected 0/,
    ],
    [
      'hole in the middle',
      file(`{"v":${entry('[1]', '[0,4]')},"w":${entry('[1]', '[8,12]')}}`, new Uint8Array(12)),
      /"w" begins at byte 8.*expected 4/,
    ],
    ['bytes after the last tensor', file(`{"w":${entry('[1]', '[0,4]')}}`, new Uint8Array(5)), /4 bytes.*5 bytes/],
    ['tensor twice', file(`{"w":${entry('[1]', '[0,4]')},"w":${entry('[1]', '[0,4]')}}`, four), /"w" twice/],
    [
      'tensor twice, one escaped',
      file(`{"w":${entry('[0]', '[0,0]')},"\\u0077":${entry('[0]', '[0,0]')}}`),
      /"w" twice/,
    ],
    [
      'key twice in a tensor',
      file('{"w":{"dtype":"F16","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', four),
      /"dtype" twice/,
    ],
    ['key twice in the metadata', file('{"__metadata__":{"a":"{","a":"\\""}}'), /"a" twice/],
  ];
  test.each(cases)('%s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, NAME)).toThrow(FileFormatError);
    expect(() => readSafetensors(bytes, NAME)).toThrow(message);
    expect(() => readSafetensors(bytes, NAME)).toThrow(NAME);
  });

  test('the same key in two objects or in a string is not a duplicate', () => {
    const header = `{"__metadata__":{"w":"\\"w\\":{","dtype":"w"},"w":${entry('[0]', '[0,0]')}}`;
    expect(readSafetensors(file(header), NAME).metadata).toEqual({ w: '"w":{', dtype: 'w' });
  });
});

test.each([
  ['a path', 'model.safetensors'],
  ['an ArrayBuffer', new ArrayBuffer(16)],
])('%s is no file', (_, value) => {
  const read = () => readSafetensors(value as never, NAME);
  expect(read).toThrow(TypeError);
  expect(read).toThrow('model.safetensors: readSafetensors takes bytes, as Uint8Array.');
});

test('tensors of other dtypes are listed as unread', () => {
  // As PyTorch writes batch normalisation: the counter comes before the weight.
  const header = `{"bn.num_batches_tracked":${entry('[]', '[0,8]', 'I64')},"bn.weight":${entry('[1]', '[8,12]')}}`;
  const { tensors, unread } = readSafetensors(file(header, Buffer.from('2a000000000000000000c03f', 'hex')), NAME);
  expect(tensors).toEqual(new Map([['bn.weight', { shape: [1], data: Float32Array.of(1.5) }]]));
  expect(unread).toEqual(new Map([['bn.num_batches_tracked', 'I64']]));
});

test('a damaged file gives a FileFormatError or exactly the bytes it contains', () => {
  const valid = writeSafetensors(
    [
      ['encoder.weight', { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 1e-40, Number.NaN, 0) }],
      ['encoder.bias', { shape: [], data: Float32Array.of(7) }],
      ['decoder.weight', { shape: [0, 2], data: new Float32Array() }],
      ['decoder.bias', { shape: [11], data: new Float32Array(11).fill(0.1) }],
    ],
    { format: 'hourglass', epoch: '3' },
  );
  const damage = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.integer({ min: 1, max: 255 })), {
    minLength: 1,
    maxLength: 3,
  });
  let read = 0;
  fc.assert(
    fc.property(
      damage,
      fc.oneof({ weight: 9, arbitrary: fc.constant(valid.length) }, fc.nat(valid.length)),
      (flips, length) => {
        const bytes = valid.slice(0, length);
        for (const [at, mask] of flips) if (at < length) bytes[at] = bytes[at]! ^ mask;
        try {
          const { tensors, unread } = readSafetensors(bytes, NAME);
          const dataStart = 8 + Number(Buffer.from(bytes).readBigUInt64LE());
          const { __metadata__, ...header } = JSON.parse(Buffer.from(bytes.subarray(8, dataStart)).toString());
          expect([...tensors.keys(), ...unread.keys()].sort()).toEqual(Object.keys(header).sort());
          for (const [name, { shape, data }] of tensors) {
            expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
            const [begin, end] = header[name].data_offsets;
            expect(Buffer.from(data.buffer)).toEqual(Buffer.from(bytes.slice(dataStart + begin, dataStart + end)));
          }
          read++;
        } catch (error) {
          if (!(error instanceof FileFormatError)) throw error;
        }
      },
    ),
    { numRuns: 5000, examples: [[[[288, 0x0f]], valid.length]] }, // F32 becomes I32, which is left unread
  );
  expect(read).toBeGreaterThan(100); // a fifth of the file is data, so many damaged files are still valid
});

describe('writing refuses', () => {
  const one = { shape: [1], data: Float32Array.of(1) };
  test('data that does not match the shape', () => {
    expect(() => writeSafetensors([['w', { shape: [2, 3], data: new Float32Array(5) }]])).toThrow(/"w".*\[2,3\].*5/);
    expect(() => writeSafetensors([['w', { shape: [-1, -1], data: new Float32Array(1) }]])).toThrow(/"w".*\[-1,-1\]/);
  });
  test('metadata that are not strings, which no reader accepts', () => {
    const write = () => encodeCheckpoint({ tensors: new Map(), state: {} as never }, { epoch: 3 } as never);
    expect(write).toThrow(TypeError);
    expect(write).toThrow("The metadata 'epoch' must be a string.");
    expect(() => writeSafetensors([], { __proto__: null, list: ['a'] } as never)).toThrow(TypeError);
  });

  test('a repeated name, and the reserved name', () => {
    expect(() =>
      writeSafetensors([
        ['w', one],
        ['w', one],
      ]),
    ).toThrow(/"w"/);
    expect(() => writeSafetensors([['__metadata__', one]])).toThrow(/"__metadata__"/);
  });
});
