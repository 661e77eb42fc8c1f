import { FITS, IMAGE_SIZES } from '@hourglass/datasets';
import { USUAL_IMAGE_MODEL } from '@hourglass/experiments';
import { z } from 'zod';
import { UsageError } from '../usage/errors.ts';

const { least, most, step } = IMAGE_SIZES;

/** The settings that, with the images, determine a run on the user's own images. */
export const imagesSchema = z.object({
  /** The user's choice; undefined: derived from the images. */
  size: z.int().min(least).max(most).multipleOf(step).optional(),
  channels: z.union([z.literal(1), z.literal(3)]).optional(),
  fit: z.enum(FITS),
  background: z.string().regex(/^#[0-9a-f]{6}$/),
  width: z.int().positive().max(512),
  validation: z.number().positive().max(0.9),
});

export type ImagesSettings = z.infer<typeof imagesSchema>;

/** The options of a command on images, except `--size`, which other experiments have too. */
export type ImageFlags = Partial<Omit<ImagesSettings, 'size'>>;

export const IMAGE_FLAGS: readonly string[] = imagesSchema.omit({ size: true }).keyof().options;

/** The default settings of `train`; `validation` is the share of images in the validation set. */
export const USUAL_IMAGES = {
  fit: 'cover',
  background: '#ffffff',
  width: USUAL_IMAGE_MODEL.width,
  validation: 0.1,
} as const;

type Options = ImageFlags & { readonly size?: number | undefined; readonly data?: string | undefined };

/** The settings of a new run. @throws UsageError if they are invalid */
export function newImagesSettings(id: string, options: Options): ImagesSettings {
  const { data, size, channels } = options;
  if (data === undefined)
    throw new UsageError(`${id} trains on your own images: give a folder or an archive with --data.`);
  if (size !== undefined && (size < least || size > most || size % step !== 0))
    throw new UsageError(`--size must be a multiple of ${step} from ${least} to ${most}, not ${size}.`);
  if (options.validation === 0)
    throw new UsageError('--validation must be above 0: the run needs images to validate on.');
  return {
    ...{ size, channels },
    fit: options.fit ?? USUAL_IMAGES.fit,
    background: options.background ?? USUAL_IMAGES.background,
    width: options.width ?? USUAL_IMAGES.width,
    validation: options.validation ?? USUAL_IMAGES.validation,
  };
}

/** The settings of a resumed run: its stored settings. @throws UsageError if an option contradicts the run */
export function resumedImagesSettings(own: ImagesSettings, options: ImageFlags): ImagesSettings {
  const given = options as Readonly<Record<string, unknown>>;
  const settings = own as Readonly<Record<string, unknown>>;
  for (const name of IMAGE_FLAGS) {
    if (given[name] === undefined || given[name] === settings[name]) continue;
    throw new UsageError(
      `--${name} ${given[name]} contradicts the run, which uses ${settings[name] ?? 'the value detected from the images'}. Omit it, or start a new run without --resume.`,
    );
  }
  return own;
}
