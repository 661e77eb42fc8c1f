import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detectorMetrics } from '../src/index.ts';

test('equals scikit-learn, including ties', () => {
  // From scikit-learn 1.2.1: roc_auc_score, average_precision_score, f1_score, precision_score, recall_score and
  // confusion_matrix.
  const metrics = detectorMetrics([0.1, 0.4, 0.35, 0.8, 0.8, 0.2], [1, 1, 0, 0, 1, 0], 0.3);
  expect(metrics.auroc).toBeCloseTo(0.5, 12);
  expect(metrics.averagePrecision).toBeCloseTo(0.5333333333333333, 12);
  expect(metrics.f1).toBeCloseTo(0.5714285714285715, 12);
  expect(metrics.precision).toBeCloseTo(0.5, 12);
  expect(metrics.recall).toBeCloseTo(0.6666666666666666, 12);
  expect(metrics.confusion).toEqual({ truePositives: 2, falsePositives: 2, trueNegatives: 1, falseNegatives: 1 });
});

test('the area is the share of pairs in the right order', () => {
  const scored = fc.array(fc.record({ score: fc.integer({ min: 0, max: 5 }), normal: fc.constantFrom(0, 1) }), {
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(scored, (all) => {
      const pairs = all
        .filter(({ normal }) => normal === 0)
        .flatMap((a) => all.filter(({ normal }) => normal === 1).map((b) => Math.sign(a.score - b.score)));
      const { auroc } = detectorMetrics(
        all.map(({ score }) => score),
        all.map(({ normal }) => normal),
        2,
      );
      if (pairs.length === 0) expect(auroc).toBeUndefined();
      else expect(auroc).toBeCloseTo(pairs.reduce((sum: number, sign) => sum + (sign + 1) / 2, 0) / pairs.length, 12);
    }),
  );
});

test('a share of zero scores is left out', () => {
  const metrics = detectorMetrics([0.1, 0.2], [1, 1], 0.5);
  expect(Object.keys(metrics)).toEqual(['confusion']);
});
