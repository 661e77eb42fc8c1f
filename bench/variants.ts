/**
 * Tries values for one tile parameter after the other, keeps the best of each, and prints what was found; then a convolution through
 * workgroup memory beside the one that there is. A variant is first held against the float64 reference on a small batch; then all
 * values of a parameter are timed in turn, several times over.
 */
import { Device, grad, type Plan, profile, type Tensor, type Tiles } from '../packages/tensor/src/index.ts';
import { requestAdapter } from '../packages/tensor/src/node/index.ts';
import { conv2d } from '../packages/tensor/test/reference-convolution.ts';
import { type WorkgroupTile, workgroupConv2d } from './workgroup-conv2d.ts';

const BATCH = Number(process.argv[2] ?? 128);
const PARAMETERS = process.argv.slice(3);
const ROUNDS = 5;

const CANDIDATES: readonly (readonly [parameter: keyof Tiles, values: readonly number[]])[] = [
  ['subgroup', [1, 4, 8, 16, 32]],
  ['convolutionPixels', [1, 2, 4, 8]],
  ['convolutionColumns', [1, 2, 4, 8]],
  ['convolutionLanes', [16, 32, 64, 128]],
  ['gradientColumns', [1, 2, 4, 8]],
  ['gradientLanes', [8, 16, 32, 64, 128]],
  ['gradientWorkgroups', [64, 256, 1024, 4096]],
];

/** By their name among the parameters. */
const WORKGROUP_MEMORY = 'workgroupMemory';
const WORKGROUP_TILES: readonly WorkgroupTile[] = [
  { down: 16, across: 8, pixelQuads: 2, channelQuads: 2, depth: 8 },
  { down: 16, across: 8, pixelQuads: 2, channelQuads: 2, depth: 16 },
  { down: 16, across: 16, pixelQuads: 2, channelQuads: 2, depth: 8 },
  { down: 32, across: 4, pixelQuads: 2, channelQuads: 2, depth: 8 },
  { down: 16, across: 8, pixelQuads: 1, channelQuads: 2, depth: 16 },
];

/** A layer of `fashion`; its gradients are the other two kernels. */
const LAYER = { image: [28, 28, 32], kernel: [3, 3, 32, 64], stride: 2 } as const;

/** Numbers in [-1, 1) that float32 holds exactly. */
const numbers = (size: number, seed: number): Float64Array =>
  Float64Array.from({ length: size }, (_, i) => ((Math.imul(i + 1, 2654435761 + 2 * seed) >>> 8) % 4096) / 2048 - 1);

const shaped = (shape: readonly number[], seed: number) => ({
  shape,
  data: numbers(
    shape.reduce((a, b) => a * b, 1),
    seed,
  ),
});

interface Variant {
  readonly value: number;
  readonly device: Device;
  readonly plan: Plan;
  /** Least milliseconds by kernel. */
  readonly best: Map<string, number>;
}

async function open(tiles: Partial<Tiles>): Promise<Device> {
  const { adapter, info } = await requestAdapter();
  return Device.create(adapter, info.kind, { tiles });
}

const upload = (device: Device, { shape, data }: ReturnType<typeof shaped>): Tensor =>
  device.tensor(Float32Array.from(data), shape);

const layer = (device: Device, batch: number): [x: Tensor, kernel: Tensor] => [
  upload(device, shaped([batch, ...LAYER.image], 1)),
  upload(device, shaped(LAYER.kernel, 2)),
];

/** Two square matrices. */
const factors = (device: Device): [a: Tensor, b: Tensor] => [
  upload(device, shaped([1024, 1024], 4)),
  upload(device, shaped([1024, 1024], 5)),
];

/** The layer's output and gradients. */
function outputs(device: Device, batch: number): Record<string, Tensor> {
  const [x, kernel] = layer(device, batch);
  const output = x.conv2d(kernel, { stride: LAYER.stride });
  const [dx, dKernel] = grad(output.mul(upload(device, shaped(output.shape, 3))).sum(), [x, kernel]) as [
    Tensor,
    Tensor,
  ];
  return { output, dx, dKernel };
}

const SMALL = 2;
const x = shaped([SMALL, ...LAYER.image], 1);
const reference = conv2d(x, shaped(LAYER.kernel, 2), { stride: LAYER.stride, padding: 'same' });
const gradients = reference.gradients(shaped(reference.output.shape, 3).data);
const expected = { output: reference.output, dx: gradients.x, dKernel: gradients.kernel };

/** @throws Error if what a variant found differs from the reference by more than rounding, relative to the largest element. */
async function check(device: Device, found: Readonly<Record<string, Tensor>>): Promise<void> {
  await device.evaluate(Object.values(found));
  for (const [name, tensor] of Object.entries(found)) {
    const { data } = expected[name as keyof typeof expected];
    const actual = await tensor.data();
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const off = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - data[i]!)), 0) / largest;
    if (!(off < 1e-5)) throw new Error(`${name} differs from the reference by ${off}`);
  }
}

async function variant(value: number, tiles: Partial<Tiles>): Promise<Variant> {
  const device = await open(tiles);
  await check(device, outputs(device, SMALL));
  const [a, b] = factors(device);
  const plan = await device.compile({}, () => ({ outputs: { ...outputs(device, BATCH), product: a.matmul(b) } }));
  return { value, device, plan, best: new Map() };
}

async function time({ plan, best }: Pick<Variant, 'plan' | 'best'>): Promise<void> {
  for (const { name, shapes, milliseconds, multiplyAdds } of await profile(plan, {})) {
    if (multiplyAdds === 0) continue;
    const key = shapes.some((shape) => shape[0] === 1024) ? 'matmul' : name;
    best.set(key, Math.min(best.get(key) ?? Number.POSITIVE_INFINITY, milliseconds));
  }
}

/** The geometric mean over the kernels: each counts alike, however long it takes. */
const mean = ({ best }: Variant): number =>
  Math.exp([...best.values()].reduce((sum, ms) => sum + Math.log(ms), 0) / best.size);

const text = (best: ReadonlyMap<string, number>): string =>
  [...best].map(([name, ms]) => `${name} ${ms.toFixed(2)}`).join(', ');

/** The layer and the matrix product through workgroup memory, beside those of the table's tiles. */
async function throughWorkgroupMemory(): Promise<void> {
  const device = await open({});
  const images = layer(device, BATCH);
  const [a, b] = factors(device);
  const square = 1024;
  const matrices = [a.reshape([square, 1, 1, square]), b.reshape([1, 1, square, square])] as const;
  const runs = new Map<string, Pick<Variant, 'plan' | 'best'>>();
  const add = async (name: string, outputs: () => Record<string, Tensor>): Promise<void> => {
    runs.set(name, { plan: await device.compile({}, () => ({ outputs: outputs() })), best: new Map() });
  };
  await add('the table’s', () => ({
    layer: images[0].conv2d(images[1], { stride: LAYER.stride }),
    product: a.matmul(b),
  }));
  for (const tile of WORKGROUP_TILES) {
    const { down, across, pixelQuads, channelQuads, depth } = tile;
    const name = `${down}x${across} lanes of ${4 * pixelQuads}x${4 * channelQuads}, ${depth} deep`;
    try {
      await check(device, { output: workgroupConv2d(...layer(device, SMALL), LAYER.stride, tile) });
      await add(name, () => ({
        layer: workgroupConv2d(...images, LAYER.stride, tile),
        product: workgroupConv2d(...matrices, 1, tile),
      }));
    } catch (failure) {
      console.log(`${WORKGROUP_MEMORY} ${name}: left out, ${failure instanceof Error ? failure.message : failure}`);
    }
  }
  for (let round = 0; round < ROUNDS; round++) for (const run of runs.values()) await time(run);
  for (const [name, { best }] of runs) console.log(`${WORKGROUP_MEMORY} ${name}: ${text(best)}`);
  device.destroy();
}

const known = [...CANDIDATES.map(([parameter]) => parameter), WORKGROUP_MEMORY];
const unknown = PARAMETERS.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`${unknown.join(', ')}: no such tile parameter. There are: ${known.join(', ')}.`);
  process.exit(2);
}

const { adapter, info } = await requestAdapter();
const first = await Device.create(adapter, info.kind);
const own = first.tiles;
first.destroy();
console.log(`${info.name}, batch ${BATCH}; least milliseconds of ${ROUNDS} rounds`);

let chosen: Partial<Tiles> = {};
for (const [parameter, values] of CANDIDATES) {
  if (PARAMETERS.length > 0 && !PARAMETERS.includes(parameter)) continue;
  const variants: Variant[] = [];
  // Subgroups are as large as the adapter makes them.
  const possible = parameter === 'subgroup' ? values.filter((size) => size === 1 || size === own.subgroup) : values;
  for (const value of possible) {
    try {
      variants.push(await variant(value, { ...chosen, [parameter]: value }));
    } catch (failure) {
      console.log(`${parameter} ${value}: left out, ${failure instanceof Error ? failure.message : failure}`);
    }
  }
  if (variants.length === 0) {
    console.log(`${parameter}: all values were left out, so that the table’s stays, ${own[parameter]}`);
    continue;
  }
  for (let round = 0; round < ROUNDS; round++) for (const each of variants) await time(each);
  for (const each of variants) {
    const mark = each.value === own[parameter] ? ' (the table’s)' : '';
    console.log(`${parameter} ${each.value}${mark}: ${text(each.best)}; mean ${mean(each).toFixed(2)}`);
    each.device.destroy();
  }
  const least = variants.reduce((best, each) => (mean(each) < mean(best) ? each : best));
  const table = variants.find(({ value }) => value === own[parameter]);
  // What brings less than a tenth is noise, or not worth a change.
  if (table === undefined || mean(least) < 0.9 * mean(table)) chosen = { ...chosen, [parameter]: least.value };
}
console.log('Better than the table by a tenth or more:', chosen);
if (PARAMETERS.length === 0 || PARAMETERS.includes(WORKGROUP_MEMORY)) await throughWorkgroupMemory();
