import { located, ShapeError, sizeOf, type Tensor } from '@hourglass/tensor';
import type { Batch } from './batches.ts';
import { type RandomDraws, randomDraws } from './random.ts';
import type { ModelPass, WeightLookup } from './sequential.ts';
import type { Weights } from './weights.ts';

/** What an objective is computed with. It is also the pass that models are applied with. */
export interface ObjectiveContext extends Required<Omit<ModelPass, keyof RandomDraws>>, RandomDraws {
  readonly weights: WeightLookup;
}

/**
 * What the loss of each sample of a batch is made of, by name: [samples, …] each. A sample's loss is the sum of its terms, and a term with
 * several elements a sample counts by their mean. Where there are several terms, metrics have each of them under its name; a single one may be
 * called anything, as `loss`.
 */
export type Terms = Readonly<Record<string, Tensor>>;

/** The terms of a batch: one tensor, or a record of several. Training minimises the mean loss of its samples; an evaluation reports the same over all samples. */
export type Objective<B extends Batch = Tensor> = (batch: B, context: ObjectiveContext) => Terms;

/** A loss, and the terms it is the sum of where there are several. */
export interface Losses {
  readonly loss: Tensor;
  readonly parts: Terms;
}

/**
 * Means over the samples of a batch: scalars.
 * @throws ShapeError unless each term has elements for each of `count` samples
 * @throws TypeError if there is no term, or one of several is called `loss`
 */
export function meanLosses(terms: Terms, count: number): Losses {
  for (const [name, { shape }] of Object.entries(terms)) {
    if (shape[0] !== count) {
      throw new ShapeError(
        `objective: ${name} has shape [${shape.join(', ')}]; it must be a term of each of ${count} samples, [${count}, …].`,
      );
    }
  }
  return lossesOf(terms, (term) => term.mean());
}

/** The losses of each sample: [samples]. */
export const sampleLosses = (terms: Terms): Losses => lossesOf(terms, meanOfEach);

/** Of each sample, the mean of its elements: [samples]. */
export const meanOfEach = (x: Tensor): Tensor => x.reshape([x.shape[0]!, sizeOf(x.shape.slice(1))]).mean(1);

function lossesOf(terms: Terms, mean: (term: Tensor) => Tensor): Losses {
  const names = Object.keys(terms);
  if (names.length === 0)
    throw new TypeError(located('objective: it gives no term, so that nothing can be minimised; give at least one.'));
  if (names.length > 1 && names.includes('loss'))
    throw new TypeError(
      located(`objective: 'loss' is the sum of the terms ${names.join(', ')}; give this one another name.`),
    );
  const means = Object.entries(terms).map(([name, term]) => [name, mean(term)] as const);
  const loss = means.map(([, value]) => value).reduce((sum, value) => sum.add(value));
  return { loss, parts: means.length > 1 ? Object.fromEntries(means) : {} };
}

/** The context of a batch in inference mode, with random numbers of `seed` and `step` (u32 scalars). */
export function inferenceContext(
  weights: Weights,
  key: { readonly seed: Tensor; readonly step: Tensor },
): ObjectiveContext {
  return {
    weights: (name) => weights.get(name),
    training: false,
    record: () => {},
    ...randomDraws(weights.device, key, { training: false }),
  };
}
