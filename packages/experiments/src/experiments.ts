import { cartoon, cartoonVariational } from './cartoon.ts';
import { ecg } from './ecg.ts';
import type { Experiment } from './experiment.ts';
import { denoise, fashion, fashionVariational } from './fashion.ts';
import { cartoonAdversarial, fashionAdversarial, fashionVariationalAdversarial } from './gan.ts';

/** The report's experiments, by their ids on the command line. */
export const EXPERIMENTS: ReadonlyMap<string, Experiment> = new Map(
  [fashion, denoise, fashionVariational, ecg, cartoon, cartoonVariational].map((experiment) => [
    experiment.id,
    experiment,
  ]),
);

/** Generative adversarial networks, by their ids on the command line. */
export const GANS: ReadonlyMap<string, Experiment> = new Map(
  [fashionAdversarial, fashionVariationalAdversarial, cartoonAdversarial].map((experiment) => [
    experiment.id,
    experiment,
  ]),
);
