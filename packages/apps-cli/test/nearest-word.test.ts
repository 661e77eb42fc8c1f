import { expect, test } from 'vitest';
import { editDistance, nearestWord, unknownWord } from '../src/usage/nearest-word.ts';

const EXPERIMENTS = ['fashion', 'denoise', 'fashion-vae', 'ecg', 'cartoon', 'cartoon-vae'];

test.each([
  ['kitten', 'sitting', 3], // the classic example of Levenshtein distance
  ['ca', 'abc', 3], // optimal string alignment, where unrestricted Damerau-Levenshtein gives 2
  ['fashion', 'fahsion', 1], // a swap counts once
  ['', 'ecg', 3],
  ['ecg', 'ecg', 0],
])('the distance of %j and %j is %i', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test.each([
  ['fashon', 'fashion'],
  ['Fashion', 'fashion'],
  ['fashion_vae', 'fashion-vae'],
  ['carton', 'cartoon'],
  ['egc', 'ecg'],
])('%j was meant to be %j', (word, meant) => {
  expect(nearestWord(word, EXPERIMENTS)).toBe(meant);
});

test('for a word that is close to none, all are listed', () => {
  expect(nearestWord('transformer', EXPERIMENTS)).toBeUndefined();
  expect(unknownWord('experiment', 'transformer', EXPERIMENTS)).toContain('fashion, denoise');
});
