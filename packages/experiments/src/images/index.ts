export type { ImageDescription } from './description.ts';
export {
  fitImages,
  IMAGE_IDS,
  imageExperiment,
  ownImageData,
  USUAL_IMAGE_MODEL,
  VARIATIONAL_IMAGE_IDS,
} from './images.ts';
