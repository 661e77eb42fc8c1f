export { type Detector, fitDetector } from './detector.ts';
export { drawRecording, drawWorst } from './figures.ts';
export { type Judged, judge, scoreWindows } from './judge.ts';
export { type DetectorMetrics, detectorMetrics } from './metrics.ts';
export { SERIES_MODELS } from './model.ts';
export {
  checkChannels,
  SERIES_ID,
  type SeriesTask,
  seriesData,
  seriesExperiment,
  seriesTask,
} from './series.ts';
export { encodeStream, type Judgement, judgeStream, type SeriesSource } from './stream.ts';
export { WindowCutter } from './window-cutter.ts';
export { type WorstWindow, worstOf } from './worst.ts';
