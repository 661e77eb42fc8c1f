/** Draws the web demo's sheets into packages/apps-web/static. */
import { join } from 'node:path';
import sharp from 'sharp';
import { readWeights } from '../packages/apps-cli/src/model/weights-files.ts';
import { FACES, FACES_ON_LINE, GARMENTS, type Sheet, SPACING, shapeOf } from '../packages/apps-web/src/kit/sheet.ts';
import { EXPERIMENTS, fitWeights, TrainedModel } from '../packages/experiments/src/index.ts';
import { requestAdapter } from '../packages/node/src/index.ts';
import { Device, normalOnHost } from '../packages/tensor/src/index.ts';

/** The two faces that the line joins: they differ in hair, skin and shape. */
const ENDS = [2, 14] as const;
/** The quality of the WebP files, at most 100. */
const QUALITY = 80;

const { adapter, info } = await requestAdapter('auto', {});
const device = await Device.create(adapter, info.kind);

const plane = Array.from({ length: GARMENTS.rows * GARMENTS.columns }, (_, i) => [
  ((i % GARMENTS.columns) + 0.5 - GARMENTS.columns / 2) * SPACING,
  (GARMENTS.rows / 2 - 0.5 - Math.floor(i / GARMENTS.columns)) * SPACING,
]);
await draw(GARMENTS, 'fashion-vae', Float32Array.from(plane.flat()));

const { latent } = EXPERIMENTS.get('cartoon-vae')!;
const faces = normalOnHost(FACES.rows * FACES.columns * latent, { seed: 0 });
await draw(FACES, 'cartoon-vae', faces);
const [from, to] = ENDS.map((i) => faces.subarray(i * latent, (i + 1) * latent));
const line = Array.from({ length: FACES_ON_LINE.columns }, (_, i) => i / (FACES_ON_LINE.columns - 1)).flatMap((share) =>
  Array.from(from!, (start, e) => start + share * (to![e]! - start)),
);
await draw(FACES_ON_LINE, 'cartoon-vae', Float32Array.from(line));
device.destroy();

/** Decodes codes, and writes the pictures side by side, row by row. */
async function draw(sheet: Sheet, id: string, codes: Float32Array): Promise<void> {
  const experiment = EXPERIMENTS.get(id)!;
  const checkpoint = join('packages/experiments/checkpoints', id, 'model.safetensors');
  const trained = TrainedModel.from(device, fitWeights(experiment, await readWeights([checkpoint], experiment)));
  const decoded = await trained.decode(codes);
  const [height, width, channels] = shapeOf(sheet);
  if (decoded.length !== height * width * channels)
    throw new Error(
      `${id} decodes pictures of [${trained.model.decoder.outputShape}]; ${sheet.file} has pictures of [${sheet.shape}].`,
    );
  const [tall, wide] = sheet.shape;
  const pixels = Buffer.alloc(height * width * channels);
  for (let i = 0; i < pixels.length; i++) {
    const [y, x] = [Math.floor(i / (width * channels)), i % (width * channels)];
    const tile = Math.floor(y / tall) * sheet.columns + Math.floor(x / (wide * channels));
    const within = (y % tall) * wide * channels + (x % (wide * channels));
    pixels[i] = Math.round(255 * decoded[tile * tall * wide * channels + within]!);
  }
  const file = join('packages/apps-web/static', sheet.file);
  const { size } = await sharp(pixels, { raw: { width, height, channels } }).webp({ quality: QUALITY }).toFile(file);
  console.log(`${file}: ${(size / 1000).toFixed()} kB`);
}
