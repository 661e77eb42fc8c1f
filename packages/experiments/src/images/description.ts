import { FITS, type ImageForm } from '@hourglass/datasets';
import { WeightsError } from '@hourglass/nn';
import type { WeightsFile } from '../stored-weights.ts';

/** The values that a model of the user's images needs besides its weights. They are stored with the weights. */
export interface ImageDescription extends ImageForm {
  readonly latent: number;
  /** As in {@link ImageModelShape}. */
  readonly width: number;
  /** The names of the classes in the training images; empty if there are none. */
  readonly classes: readonly string[];
}

/** The metadata entry that stores the description as JSON. */
const ENTRY = 'hourglass.images';

export const imageMetadata = (description: ImageDescription): Record<string, string> => ({
  [ENTRY]: JSON.stringify(description),
});

/** The description stored with weights. @throws WeightsError if it is missing or damaged */
export function imageDescriptionOf(files: readonly WeightsFile[], id: string): ImageDescription {
  const source = files.map(({ name }) => name).join(', ');
  const text = files
    .map((file) => ('tensors' in file ? file.metadata?.[ENTRY] : undefined))
    .find((own) => own !== undefined);
  if (text === undefined)
    throw new WeightsError(
      `${source} does not describe its images. Give a run of \`train ${id}\`, or its .safetensors file.`,
    );
  try {
    const description = JSON.parse(text) as ImageDescription;
    const { size, channels, fit, background, latent, width, classes } = description;
    const counts = [size, latent, width].every((count) => Number.isInteger(count) && count > 0 && count < 2 ** 16);
    const words = FITS.includes(fit) && /^#[0-9a-f]{6}$/.test(background);
    if (counts && words && (channels === 1 || channels === 3) && classes.every((name) => typeof name === 'string'))
      return description;
  } catch {
    // reported below
  }
  throw new WeightsError(`${source}: the description of the images in its header is damaged: ${text.slice(0, 80)}`);
}
