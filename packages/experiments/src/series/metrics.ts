/** How well scores separate abnormal from normal. *Abnormal* is the positive class. */
export interface DetectorMetrics {
  /** The probability that a random abnormal score is larger than a random normal one; ties count half. */
  readonly auroc?: number;
  /**
   * The mean of the precisions at each abnormal score, in descending order (scikit-learn's average_precision_score).
   */
  readonly averagePrecision?: number;
  readonly f1?: number;
  /** The share of scores classified as abnormal that are abnormal. */
  readonly precision?: number;
  /** The share of abnormal scores that are classified as abnormal. */
  readonly recall?: number;
  readonly confusion: Confusion;
}

export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/**
 * Measures how well scores and a threshold separate abnormal from normal. Shares of zero scores, for example the recall
 * without abnormal scores, are left out.
 *
 * @param normal the label of each score: 1 normal, 0 abnormal
 * @param threshold scores above it are classified as abnormal
 */
export function detectorMetrics(
  scores: ArrayLike<number>,
  normal: ArrayLike<number>,
  threshold: number,
): DetectorMetrics {
  const confusion = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
  for (let i = 0; i < scores.length; i++) {
    const called = scores[i]! > threshold;
    if (normal[i] === 1) confusion[called ? 'falsePositives' : 'trueNegatives']++;
    else confusion[called ? 'truePositives' : 'falseNegatives']++;
  }
  const { truePositives, falsePositives, falseNegatives } = confusion;
  const shares = {
    ...ranked(scores, normal),
    f1: (2 * truePositives) / (2 * truePositives + falsePositives + falseNegatives),
    precision: truePositives / (truePositives + falsePositives),
    recall: truePositives / (truePositives + falseNegatives),
  };
  const known = Object.entries(shares).filter(([, value]) => !Number.isNaN(value));
  return { ...Object.fromEntries(known), confusion };
}

/** Computed from the scores in descending order. Equal scores count together. */
function ranked(scores: ArrayLike<number>, normal: ArrayLike<number>): { auroc: number; averagePrecision: number } {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  let [abnormal, others, area, precisions] = [0, 0, 0, 0];
  for (let i = 0; i < order.length; ) {
    let end = i;
    let [own, ownOthers] = [0, 0];
    for (; end < order.length && scores[order[end]!] === scores[order[i]!]; end++) {
      if (normal[order[end]!] === 1) ownOthers++;
      else own++;
    }
    area += ownOthers * (abnormal + own / 2);
    abnormal += own;
    others += ownOthers;
    precisions += own * (abnormal / (abnormal + others));
    i = end;
  }
  return { auroc: area / (abnormal * others), averagePrecision: precisions / abnormal };
}
