import { useMemo } from 'preact/hooks';
import type { TrainingSettings } from '../../engine/api.ts';
import type { ExperimentInfo } from '../../engine/experiment-info.ts';
import { NumberField } from '../../kit/controls.tsx';
import { SEEDS, useNumber } from '../../shell/address.ts';

const BATCHES = { min: 1, max: 1024, digits: 0 };
const RATES = { min: 1e-6, max: 1, digits: 7 };
const LATENTS = { min: 1, max: 512, digits: 0 };

/** The recipe's settings, with the changes from the address. */
export function useSettings(experiment: ExperimentInfo): TrainingSettings {
  const [batchSize] = useNumber('batch', experiment.batchSize, BATCHES);
  const [learningRate] = useNumber('lr', experiment.learningRate, RATES);
  const [latent] = useNumber('latent', experiment.latent, LATENTS);
  const [seed] = useNumber('seed', 0, SEEDS);
  return useMemo(
    () => ({ experiment: experiment.id, batchSize, learningRate, latent, seed }),
    [experiment, batchSize, learningRate, latent, seed],
  );
}

export const sameSettings = (a: TrainingSettings, b: TrainingSettings): boolean =>
  (['experiment', 'batchSize', 'learningRate', 'latent', 'seed'] as const).every((name) => a[name] === b[name]);

export function SettingsFields({ experiment, settings }: { experiment: ExperimentInfo; settings: TrainingSettings }) {
  const [, setBatch] = useNumber('batch', experiment.batchSize, BATCHES);
  const [, setRate] = useNumber('lr', experiment.learningRate, RATES);
  const [, setLatent] = useNumber('latent', experiment.latent, LATENTS);
  const [, setSeed] = useNumber('seed', 0, SEEDS);
  return (
    <>
      <NumberField label="Batch" value={settings.batchSize} {...BATCHES} step={1} onChange={setBatch} />
      <NumberField label="Learning rate" value={settings.learningRate} {...RATES} step="any" onChange={setRate} />
      <NumberField label="Code length" value={settings.latent} {...LATENTS} step={1} onChange={setLatent} />
      <NumberField label="Seed" value={settings.seed} {...SEEDS} step={1} onChange={setSeed} />
    </>
  );
}
