/** How well scores tell abnormal from normal, *abnormal* being the positive class. */
export interface DetectorMetrics {
  /** The chance that a random abnormal one has a greater score than a random normal one, ties counting half. */
  readonly auroc?: number;
  /** The mean of the precisions at each abnormal one, by falling score (scikit-learn's average_precision_score). */
  readonly averagePrecision?: number;
  readonly f1?: number;
  /** The share of those called abnormal that are. */
  readonly precision?: number;
  /** The share of the abnormal ones that are called so. */
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
 * What is a share of nothing, as the recall of no abnormal ones, is left out.
 *
 * @param normal of each score: 1 normal, 0 abnormal
 * @param threshold a greater score is called abnormal
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

/** From the scores in falling order; equal ones count together. */
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
