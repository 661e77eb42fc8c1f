import { basename } from 'node:path';
import { DATASETS } from '@hourglass/datasets';
import { type Autoencoder, networksOf, type Trainable } from '@hourglass/experiments';
import { sizeOf } from '@hourglass/tensor';
import { quote } from '../io/paths.ts';
import type { RunConfig } from './config.ts';
import { ownDataOptions } from './own-data-options.ts';
import { changesToPreset } from './settings.ts';

/** The content of a model card. */
export interface Card {
  readonly experiment: Trainable & { readonly limits?: string };
  readonly config: RunConfig;
  readonly model: Autoencoder;
  /** The epoch of the weights. */
  readonly epoch: number;
  /** `day` follows the adapter's name, and `precision` the number of parameters. */
  readonly day?: string;
  readonly precision?: string;
  /** What was measured on which samples, as the beginning of a sentence, and the numbers by name. */
  readonly measured: string;
  readonly metrics: Readonly<Record<string, string>>;
  /** The last sentences. */
  readonly ending: string;
}

/** The number of parameters. */
export const parametersOf = ({ weights }: Autoencoder['encoder']): number =>
  weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** The model card of a run, in Markdown: how it was trained, on what, and how good it is. */
export function modelCard({ experiment, config, model, epoch, ...card }: Card): string {
  const { id, title, limits, opponent } = experiment;
  const { settings, dataset, adapter } = config;
  const { epochs, preset, seed } = settings;
  const changes = changesToPreset(experiment, settings);
  const command = [
    'train',
    id,
    ...ownDataOptions(config, basename).map(quote), // without folders, because a card may be shared
    '--preset',
    preset,
    changes,
    seed === 0 ? '' : `--seed ${seed}`,
  ].filter(Boolean);
  const networks = networksOf(model);
  const known = DATASETS[dataset.id as keyof typeof DATASETS];
  const samples = `${dataset.train} training samples`;
  const data =
    dataset.source === 'procedural'
      ? `the procedural stand-in, NOT the real ${dataset.id}, ${samples}`
      : `${dataset.id}, ${samples}. ${known?.credit ?? `SHA-256 ${dataset.sha256}`}`;
  const after = (text: string | undefined): string => (text === undefined ? '' : `, ${text}`);
  return `# ${title}

- **Command:** \`${command.join(' ')}\`
- **Epochs:** ${epoch} of ${epochs}, ${opponent === undefined ? 'the best by validation loss' : 'the last that was trained'}; seed ${seed}
- **Adapter:** ${adapter.name}${after(card.day)}
- **Data:** ${data}
- **Parameters:** ${networks.map(parametersOf).join(' + ')} (${networks.map(({ name }) => name).join(' + ')})${after(card.precision)}

${card.measured}:

| metric | value |
| --- | --- |
${Object.entries(card.metrics)
  .map(([name, value]) => `| ${name} | ${value} |`)
  .join('\n')}
${limits === undefined ? '' : `\n**Limits:** ${limits}\n`}
${card.ending}
`;
}
