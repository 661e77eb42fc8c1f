import { expect, test } from 'vitest';
import { detect } from '../src/index.ts';

test('errors of which one is NaN are judged, all but the area under the curve', () => {
  const { accuracy, recall, auroc } = detect([0.1, Number.NaN, Number.NaN, 0.4], [1, 0, 1, 0], 0.2);
  expect({ accuracy, recall, auroc }).toEqual({ accuracy: 0.75, recall: 0.5, auroc: Number.NaN });
});

test('ties count half', () => {
  expect(detect([1, 2, 2, 3], [1, 1, 0, 0], 1).auroc).toBe(0.875); // pairs: 1<2, 1<3, 2=2, 2<3
});
