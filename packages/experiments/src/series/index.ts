export { type Detector, fitDetector, type ThresholdRule } from './detector.ts';
export { drawRecording, drawWorst } from './figures.ts';
export { type Judged, judge, scoreWindows } from './judge.ts';
export { type Confusion, type DetectorMetrics, detectorMetrics } from './metrics.ts';
export { SERIES_MODELS, type SeriesModel, type SeriesShape, seriesAutoencoder } from './model.ts';
export {
  checkChannels,
  SERIES_ID,
  type SeriesChoice,
  type SeriesTask,
  seriesData,
  seriesExperiment,
  seriesTask,
} from './series.ts';
