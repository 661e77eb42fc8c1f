export { type Beat, beatFigure } from './beats.ts';
export { curve } from './curve.ts';
export {
  cleanAndNoisy,
  imageGrid,
  interpolationStrip,
  pairGrid,
  tripleGrid,
} from './grid.ts';
export { errorHistograms } from './histograms.ts';
export { type Image, imageToPng } from './image.ts';
export { latentScatter } from './latent.ts';
export { lossCurves, type Series } from './losses.ts';
export { manifoldGrid } from './manifold.ts';
export { styleOf } from './palette.ts';
export { recordingFigure, type Stretch, stretchesAbove } from './recording.ts';
export { windowFigure } from './windows.ts';
