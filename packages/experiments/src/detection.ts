/**
 * How well a threshold on the reconstruction error separates normal from abnormal. As in the report, *normal* is the
 * positive class.
 */
export interface Detection {
  /** Errors above it are abnormal. */
  readonly threshold: number;
  readonly accuracy: number;
  /** The share of beats classified as normal that are normal. */
  readonly precision: number;
  /** The share of normal beats that are classified as normal. */
  readonly recall: number;
  /** The probability that a random abnormal beat has a larger error than a random normal one; ties count half. */
  readonly auroc: number;
}

/**
 * The mean plus `deviations` standard deviations (divisor N) of the errors of normal training beats.
 * @param deviations default 1, the report's rule
 */
export function thresholdOf(errors: ArrayLike<number>, deviations = 1): number {
  const values = Array.from(errors);
  const mean = values.reduce((sum, error) => sum + error, 0) / values.length;
  const variance = values.reduce((sum, error) => sum + (error - mean) ** 2, 0) / values.length;
  return mean + deviations * Math.sqrt(variance);
}

/**
 * Classifies beats by their errors, and compares the result with the labels. A share of zero beats is NaN, and so is
 * the area if any error is NaN. A beat with error NaN is abnormal.
 *
 * @param normal the label of each beat: 1 normal, 0 abnormal
 */
export function detect(errors: ArrayLike<number>, normal: ArrayLike<number>, threshold: number): Detection {
  const count = { normal: 0, abnormal: 0, trueNormal: 0, calledNormal: 0, right: 0 };
  for (let i = 0; i < errors.length; i++) {
    const isNormal = normal[i] === 1;
    const called = errors[i]! <= threshold;
    count[isNormal ? 'normal' : 'abnormal']++;
    if (called) count.calledNormal++;
    if (called && isNormal) count.trueNormal++;
    if (called === isNormal) count.right++;
  }
  return {
    threshold,
    accuracy: count.right / errors.length,
    precision: count.trueNormal / count.calledNormal,
    recall: count.trueNormal / count.normal,
    auroc: areaUnderCurve(errors, normal),
  };
}

/**
 * The Mann-Whitney statistic, from the ranks of the abnormal errors among all; ties share their mean rank. NaN has no
 * rank.
 */
function areaUnderCurve(errors: ArrayLike<number>, normal: ArrayLike<number>): number {
  if (Array.prototype.some.call(errors, Number.isNaN)) return Number.NaN;
  const order = Array.from(errors, (error, i) => ({ error, abnormal: normal[i] !== 1 })).sort(
    (a, b) => a.error - b.error,
  );
  let ranks = 0;
  let abnormal = 0;
  for (let i = 0; i < order.length; ) {
    let end = i;
    while (end < order.length && order[end]!.error === order[i]!.error) end++;
    for (let k = i; k < end; k++) {
      if (!order[k]!.abnormal) continue;
      abnormal++;
      ranks += (i + 1 + end) / 2;
    }
    i = end;
  }
  return (ranks - (abnormal * (abnormal + 1)) / 2) / (abnormal * (order.length - abnormal));
}
