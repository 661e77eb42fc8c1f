import { expect, test } from 'vitest';
import { detect, thresholdOf } from '../src/index.ts';

test('with a NaN among the errors, only the area under the curve is NaN', () => {
  const { accuracy, recall, auroc } = detect([0.1, Number.NaN, Number.NaN, 0.4], [1, 0, 1, 0], 0.2);
  expect({ accuracy, recall, auroc }).toEqual({ accuracy: 0.75, recall: 0.5, auroc: Number.NaN });
});

test('ties count half', () => {
  expect(detect([1, 2, 2, 3], [1, 1, 0, 0], 1).auroc).toBe(0.875); // pairs: 1<2, 1<3, 2=2, 2<3
});

test('the threshold is the mean plus the given number of standard deviations with divisor N', () => {
  const errors = [1, 2, 3, 6]; // numpy: mean 3.0, std() 1.87082869338697
  expect(thresholdOf(errors)).toBeCloseTo(4.87082869338697, 12);
  expect(thresholdOf(errors, 2)).toBeCloseTo(6.74165738677394, 12);
});

test('normal is the positive class, and an error at the threshold is normal', () => {
  // Classified as normal: 1, 2 and 3. Two of these three are normal, and two of the four normal errors are found.
  const { accuracy, precision, recall, auroc } = detect([1, 2, 3, 4, 5], [1, 0, 1, 1, 1], 3);
  expect({ accuracy, precision, recall }).toEqual({ accuracy: 2 / 5, precision: 2 / 3, recall: 2 / 4 });
  expect(auroc).toBe(1 / 4); // the one abnormal error is larger than one of four normal errors
});
