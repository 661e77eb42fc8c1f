import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readSafetensors } from '@hourglass/nn';
import { describe, expect, test } from 'vitest';
import { calibrationOf, EXPERIMENTS, fashionClassifier, fitWeights, GANS } from '../src/index.ts';

const CHECKPOINTS = new URL('../checkpoints/', import.meta.url);
const ids = readdirSync(CHECKPOINTS).filter((id) => statSync(new URL(id, CHECKPOINTS)).isDirectory());
const fileOf = (id: string, name: string): string => fileURLToPath(new URL(`${id}/${name}`, CHECKPOINTS));
const read = (id: string, name: string) => readSafetensors(readFileSync(fileOf(id, name)), `${id}/${name}`);

test('shipped checkpoints take less than 20 MB in total', () => {
  const bytes = ids.flatMap((id) =>
    readdirSync(new URL(id, CHECKPOINTS)).map((name) => statSync(fileOf(id, name)).size),
  );
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(20e6);
});

test('the classifier that measures generated images has its weights, and at least 90 % accuracy', () => {
  const { id } = fashionClassifier;
  const { tensors, metadata } = read(id, 'model.safetensors');
  expect(metadata['hourglass.experiment']).toBe(id);
  expect(fitWeights(fashionClassifier, [{ name: id, tensors }]).tensors.size).toBe(tensors.size);
  const accuracy = /\| accuracy \| ([\d.]+) \|/.exec(readFileSync(fileOf(id, 'README.md'), 'utf8'));
  expect(Number(accuracy![1])).toBeGreaterThanOrEqual(0.9);
});

describe.each(ids.filter((id) => id !== fashionClassifier.id))('%s', (id) => {
  const experiment = (EXPERIMENTS.get(id) ?? GANS.get(id))!;
  const file = read(id, 'model.safetensors');
  const fitted = fitWeights(experiment, [{ name: id, ...file }]);
  const [latent] = fitted.model.decoder.inputShape;

  test('contains exactly the weights of the experiment', () => {
    expect(file.metadata['hourglass.experiment']).toBe(id);
    expect(file.tensors.size).toBe(fitted.tensors.size);
    expect(calibrationOf(fitted) !== undefined).toBe(id === 'ecg');
  });

  test.skipIf(GANS.has(id))('contains codes for the demo', () => {
    const { tensors } = read(id, 'codes.safetensors');
    const [count, length] = tensors.get('codes')!.shape as [number, number];
    expect(length).toBe(latent);
    for (const name of ['classes', 'errors']) {
      const tensor = tensors.get(name);
      if (tensor !== undefined) expect(tensor.shape, name).toEqual([count]);
    }
    expect(tensors.has('errors')).toBe(id === 'ecg');
    if (id === 'cartoon-vae') expect(tensors.get('directions')!.shape).toEqual([10, latent]);
  });

  test('has a model card with command, data and limits', () => {
    const card = readFileSync(fileOf(id, 'README.md'), 'utf8');
    for (const part of [`train ${id}`, experiment.dataset, 'Adapter', '| --- | --- |']) expect(card).toContain(part);
    expect(card).toMatch(/\*\*Limits:\*\* \w.*\./);
    if (id === 'ecg') expect(card).toContain('NOT A MEDICAL DEVICE');
    if (experiment.dataset === 'cartoonset') expect(card).toMatch(/Google.*CC BY 4\.0/);
  });
});
