import { cartoon, cartoonVariational } from './cartoon.ts';
import { ecg } from './ecg.ts';
import type { Experiment } from './experiment.ts';
import { denoise, fashion, fashionVariational } from './fashion.ts';

/** Every experiment, by its id on the command line. */
export const EXPERIMENTS: ReadonlyMap<string, Experiment> = new Map(
  [fashion, denoise, fashionVariational, ecg, cartoon, cartoonVariational].map((experiment) => [
    experiment.id,
    experiment,
  ]),
);
