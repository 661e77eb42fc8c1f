export { type Beat, type BeatFigureOptions, beatFigure } from './beats.ts';
export { type CurveOptions, curve } from './curve.ts';
export {
  type CleanAndNoisyOptions,
  cleanAndNoisy,
  type GridOptions,
  type ImageGridOptions,
  type InterpolationStripOptions,
  imageGrid,
  interpolationStrip,
  type PairGridOptions,
  pairGrid,
  type TripleGridOptions,
  tripleGrid,
} from './grid.ts';
export { type ErrorHistogramsOptions, errorHistograms } from './histograms.ts';
export { type Image, imageToPng } from './image.ts';
export { type LatentScatterOptions, latentScatter } from './latent.ts';
export { type LossCurvesOptions, type LossPart, lossCurves, type Series } from './losses.ts';
export { type ManifoldGridOptions, manifoldGrid } from './manifold.ts';
export { styleOf } from './palette.ts';
export { type RecordingFigureOptions, recordingFigure, type Stretch, stretchesAbove } from './recording.ts';
export { type WindowFigureOptions, type WindowPanel, windowFigure } from './windows.ts';
