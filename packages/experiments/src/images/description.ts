import { FITS, type ImageForm } from '@hourglass/datasets';
import { WeightsError } from '@hourglass/nn';
import type { WeightsFile } from '../stored-weights.ts';

/** What a model of one's own images needs besides its weights; it is stored with them. */
export interface ImageDescription extends ImageForm {
  readonly latent: number;
  /** As in {@link ImageModelShape}. */
  readonly width: number;
  /** The names of the classes that it was trained on; empty where there are none. */
  readonly classes: readonly string[];
}

/** The entry of a file's metadata that holds it as JSON. */
const ENTRY = 'hourglass.images';

export const imageMetadata = (description: ImageDescription): Record<string, string> => ({
  [ENTRY]: JSON.stringify(description),
});

/** What files of weights say of the images. @throws WeightsError if they say nothing, or are damaged */
export function imageDescriptionOf(files: readonly WeightsFile[], id: string): ImageDescription {
  const source = files.map(({ name }) => name).join(', ');
  const text = files
    .map((file) => ('tensors' in file ? file.metadata?.[ENTRY] : undefined))
    .find((own) => own !== undefined);
  if (text === undefined)
    throw new WeightsError(
      `${source} does not say what images it is for. Give a run of \`train ${id}\`, or its .safetensors file.`,
    );
  try {
    const description = JSON.parse(text) as ImageDescription;
    const { size, channels, fit, background, latent, width, classes } = description;
    const counts = [size, latent, width].every((count) => Number.isInteger(count) && count > 0 && count < 2 ** 16);
    const words = FITS.includes(fit) && /^#[0-9a-f]{6}$/.test(background);
    if (counts && words && (channels === 1 || channels === 3) && classes.every((name) => typeof name === 'string'))
      return description;
  } catch {
    // told below
  }
  throw new WeightsError(`${source}: what its header says of the images is damaged: ${text.slice(0, 80)}`);
}
