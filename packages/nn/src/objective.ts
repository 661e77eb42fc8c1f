import { located, ShapeError, sizeOf, type Tensor } from '@hourglass/tensor';
import type { Batch } from './batches.ts';
import { type RandomDraws, randomDraws } from './random.ts';
import type { ModelPass, WeightLookup } from './sequential.ts';
import type { Weights } from './weights.ts';

/** The weights and random numbers of an objective. Pass it on as the pass when applying models. */
export interface ObjectiveContext extends Required<Omit<ModelPass, keyof RandomDraws>>, RandomDraws {
  readonly weights: WeightLookup;
}

/**
 * The terms of each sample's loss, by name, each [samples, …]. A sample's loss is the sum of its terms; a term with
 * several elements per sample contributes their mean. With several terms, the metrics report each under its name. A
 * single term may have any name, such as `loss`.
 */
export type Terms = Readonly<Record<string, Tensor>>;

/**
 * Computes the loss terms of a batch: one tensor, or a record of several. Training minimises the mean loss of the
 * batch's samples; an evaluation reports the mean over all samples.
 */
export type Objective<B extends Batch = Tensor> = (batch: B, context: ObjectiveContext) => Terms;

/** A loss and, if it is the sum of several terms, those terms. */
export interface Losses {
  readonly loss: Tensor;
  readonly parts: Terms;
}

/**
 * Means over the samples of a batch, as scalars.
 * @throws ShapeError unless each term has elements for each of `count` samples
 * @throws TypeError if there are no terms, or one of several is called `loss`
 */
export function meanLosses(terms: Terms, count: number): Losses {
  for (const [name, { shape }] of Object.entries(terms)) {
    if (shape[0] !== count) {
      throw new ShapeError(
        `objective: ${name} has shape [${shape.join(', ')}]; it must have a value for each of ${count} samples, [${count}, …].`,
      );
    }
  }
  return lossesOf(terms, (term) => term.mean());
}

/** The losses of each sample: [samples]. @throws TypeError if there are no terms, or one of several is called `loss` */
export const sampleLosses = (terms: Terms): Losses => lossesOf(terms, meanOfEach);

/** The mean of each sample's elements: [samples]. */
export const meanOfEach = (x: Tensor): Tensor => x.reshape([x.shape[0]!, sizeOf(x.shape.slice(1))]).mean(1);

function lossesOf(terms: Terms, mean: (term: Tensor) => Tensor): Losses {
  const names = Object.keys(terms);
  if (names.length === 0)
    throw new TypeError(located('objective: it returns no terms, so nothing can be minimised; return at least one.'));
  if (names.length > 1 && names.includes('loss'))
    throw new TypeError(
      located(`objective: 'loss' is the sum of the terms ${names.join(', ')}; give this term another name.`),
    );
  const means = Object.entries(terms).map(([name, term]) => [name, mean(term)] as const);
  const loss = means.map(([, value]) => value).reduce((sum, value) => sum.add(value));
  return { loss, parts: means.length > 1 ? Object.fromEntries(means) : {} };
}

/** The context of a batch in inference mode, with random numbers from `seed` and `step` (u32 scalars). */
export function inferenceContext(
  weights: Pick<Weights, 'device' | 'get'>,
  key: { readonly seed: Tensor; readonly step: Tensor },
): ObjectiveContext {
  return {
    weights: (name) => weights.get(name),
    training: false,
    record: () => {},
    ...randomDraws(weights.device, key, { training: false }),
  };
}
