/**
 * Tries values for one tile parameter after the other, keeps the best of each, and prints what was found; then a convolution through
 * workgroup memory beside the one that there is. A variant is first held against the float64 reference on a small batch; then all
 * values of a parameter are timed in turn, several times over.
 */
import {
  Device,
  grad,
  type KernelTime,
  type Plan,
  profile,
  type Tensor,
  type Tiles,
} from '../packages/tensor/src/index.ts';
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
  ['gradientWorkgroups', [16, 32, 64, 256, 1024, 4096]],
  ['productLanes', [1, 2048, 8192, 32_768]],
  ['reductionLanes', [1024, 16_384, 65_536, 262_144]],
  ['reductionMembers', [1, 8, 32]],
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
  /** Least milliseconds by {@link kindOf} kernels. */
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

/** A dense layer of `fashion` to its code: few results of long sums. */
const DEEP = [128, 3136, 2] as const;

/** Two square matrices. */
const SQUARE = 1024;
const factors = (device: Device): [a: Tensor, b: Tensor] => [
  upload(device, shaped([SQUARE, SQUARE], 4)),
  upload(device, shaped([SQUARE, SQUARE], 5)),
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

/** @throws Error if the product differs from the one that the tests hold against the reference. */
async function checkProduct(product: Tensor, known: Tensor): Promise<void> {
  const [found, expected] = [await product.data(), await known.data()];
  // Sums of a thousand products below 1, added in another order.
  const off = found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  if (!(off < 1e-3)) throw new Error(`the product differs by ${off}`);
}

async function variant(value: number, tiles: Partial<Tiles>): Promise<Variant> {
  const device = await open(tiles);
  await check(device, outputs(device, SMALL));
  const [a, b] = factors(device);
  const [images, depth, codes] = DEEP;
  const features = upload(device, shaped([images, depth], 6));
  const dense = upload(device, shaped([depth, codes], 7));
  const plan = await device.compile({}, () => {
    const layers = outputs(device, BATCH);
    const channels = layers.output!.sum([0, 1, 2]);
    return { outputs: { ...layers, channels, product: a.matmul(b), code: features.matmul(dense) } };
  });
  return { value, device, plan, best: new Map() };
}

/** What a kernel counts as; elementwise operations count for nothing. */
function kindOf({ name, shapes, multiplyAdds }: KernelTime): string | undefined {
  const has = (extent: number): boolean => shapes.some((shape) => shape.includes(extent));
  if (name === 'sum' || name === 'partialSum') return 'sums';
  if (multiplyAdds === 0) return undefined;
  return has(DEEP[1]) ? 'deep product' : has(SQUARE) ? 'matmul' : name;
}

async function time({ plan, best }: Pick<Variant, 'plan' | 'best'>): Promise<void> {
  const run = new Map<string, number>();
  for (const kernel of await profile(plan, {})) {
    const kind = kindOf(kernel);
    if (kind !== undefined) run.set(kind, (run.get(kind) ?? 0) + kernel.milliseconds);
  }
  for (const [kind, ms] of run) best.set(kind, Math.min(best.get(kind) ?? Number.POSITIVE_INFINITY, ms));
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
  const matrices = [a.reshape([SQUARE, 1, 1, SQUARE]), b.reshape([1, 1, SQUARE, SQUARE])] as const;
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
      await checkProduct(workgroupConv2d(...matrices, 1, tile), a.matmul(b));
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
// Subgroups are as large as the adapter makes them, if always the same.
const { subgroupMinSize, subgroupMaxSize } = first.gpu.adapterInfo;
const subgroup = first.gpu.features.has('subgroups') && subgroupMinSize === subgroupMaxSize ? subgroupMinSize : 1;
first.destroy();
console.log(`${info.name}, batch ${BATCH}; least milliseconds of ${ROUNDS} rounds`);

let chosen: Partial<Tiles> = {};
for (const [parameter, values] of CANDIDATES) {
  if (PARAMETERS.length > 0 && !PARAMETERS.includes(parameter)) continue;
  const variants: Variant[] = [];
  const possible = parameter === 'subgroup' ? values.filter((size) => size === 1 || size === subgroup) : values;
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
