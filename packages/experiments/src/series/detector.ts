import { type Cut, type Layout, quantile, type Scaling, type SeriesOptions } from '@hourglass/datasets';
import { WeightsError } from '@hourglass/nn';
import { thresholdOf } from '../detection.ts';
import { type FittedWeights, fitWeights, type WeightsFile } from '../stored-weights.ts';
import { SERIES_MODELS, type SeriesShape, seriesAutoencoder } from './model.ts';

/**
 * The rule for the threshold: above the scores of all but a share of normal windows, or a number of standard deviations
 * above their mean.
 */
export type ThresholdRule = { readonly contamination: number } | { readonly deviations: number };

/** The values that a trained detector needs besides its weights. They are stored with the weights. */
export interface Detector extends Cut {
  readonly layout: Layout;
  readonly model: SeriesShape['model'];
  readonly latent: number;
  /** The names of the channels. */
  readonly channels: readonly string[];
  readonly scaling: Scaling;
  /** A window is abnormal if its mean absolute error, on scaled numbers, is above this. */
  readonly threshold: number;
  /** How the training files were read. */
  readonly reading: SeriesOptions;
}

/** The metadata entry that stores the detector as JSON. */
const ENTRY = 'hourglass.series';

export const detectorMetadata = (detector: Detector): Record<string, string> => ({ [ENTRY]: JSON.stringify(detector) });

/** The share of normal windows above the usual threshold. */
export const CONTAMINATION = 0.01;

/** The threshold that a rule sets from the scores of normal windows. */
export function thresholdBy(rule: ThresholdRule, scores: Float32Array): number {
  return 'deviations' in rule
    ? thresholdOf(scores, rule.deviations)
    : quantile(scores.toSorted(), 1 - rule.contamination);
}

/**
 * The usual threshold from the scores of windows without labels: above 99 % of them, but at most five times as far
 * above the median as the ninth decile is. An anomaly of one instant is in all windows that overlap it, so in a short
 * recording, more than 1 % of the windows may be abnormal.
 */
export function usualThreshold(scores: Float32Array): number {
  const sorted = scores.toSorted();
  const [median, decile] = [quantile(sorted, 0.5), quantile(sorted, 0.9)];
  return Math.min(quantile(sorted, 1 - CONTAMINATION), median + 5 * (decile - median));
}

/**
 * The detector stored in weight files.
 *
 * @throws WeightsError if they do not belong to a detector, or are damaged
 */
export function fitDetector(files: readonly WeightsFile[]): {
  readonly detector: Detector;
  readonly fitted: FittedWeights;
} {
  const source = files.map(({ name }) => name).join(', ');
  const text = files
    .map((file) => ('tensors' in file ? file.metadata?.[ENTRY] : undefined))
    .find((own) => own !== undefined);
  if (text === undefined) {
    throw new WeightsError(
      `${source} does not describe a series detector. Give a run of \`train series\`, or its .safetensors file.`,
    );
  }
  const detector = parseDetector(text, source);
  const { model, window, channels, latent } = detector;
  const build = () => seriesAutoencoder({ model, window, channels: channels.length }, latent);
  return { detector, fitted: fitWeights({ latent, presets: {}, build }, files) };
}

function parseDetector(text: string, source: string): Detector {
  try {
    const detector = JSON.parse(text) as Detector;
    const { window, stride, layout, model, latent, channels, scaling, threshold } = detector;
    const counts = [window, stride, latent].every((count) => Number.isInteger(count) && count > 0);
    const words =
      (layout === 'series' || layout === 'recording') &&
      SERIES_MODELS.includes(model) &&
      channels.every((name) => typeof name === 'string');
    const pairs = [scaling.offset, scaling.unit].every(
      (numbers) => numbers.length === channels.length && numbers.every(Number.isFinite),
    );
    if (counts && words && pairs && channels.length > 0 && Number.isFinite(threshold)) return detector;
  } catch {
    // reported below
  }
  throw new WeightsError(`${source}: the series description in its header is damaged: ${text.slice(0, 80)}`);
}
