/** The commands that a training run suggests to its user, with the user's options. */

import type { Trainable } from '@hourglass/experiments';
import { commandLine, toUser } from '../io/paths.ts';
import type { RunConfig } from './config.ts';
import { ownDataOptions } from './own-data-options.ts';
import { choicesBesidesPreset, type TrainOptions } from './settings.ts';

/** Resumes the run in a folder; data and adapter are in its configuration. */
export function resumeCommand(experiment: string, folder: string, options: TrainOptions): string {
  return commandLine('train', experiment, '--resume', toUser(folder), ...notKept(options));
}

/** Trains the report's whole recipe, for a run that trains less, and changes nothing else. */
export function reportCommand(experiment: Trainable, config: RunConfig, options: TrainOptions): string {
  const { data, dataDir, adapter, settings, weights, figures, keepEpochs, tensorboard } = config;
  const own = ownDataOptions(config, toUser);
  return commandLine(
    'train',
    config.experiment,
    '--preset',
    'report',
    ...(own.length > 0
      ? own
      : data !== undefined
        ? ['--data', toUser(data)]
        : option('--data-dir', dataDir && toUser(dataDir))),
    ...choicesBesidesPreset(experiment, settings),
    ...option('--patience', settings.patience),
    ...(weights === undefined ? [] : ['--weights', ...weights.map(toUser)]),
    ...option('--figures', figures),
    ...(keepEpochs ? ['--keep-epochs'] : []),
    ...(tensorboard ? ['--tensorboard'] : []),
    ...(adapter.choice === 'auto' ? [] : ['--adapter', adapter.choice]),
    ...notKept(options),
  );
}

/** The options that are not in a run's configuration. */
const notKept = ({ cacheDir, strict, log, tune }: TrainOptions): string[] => [
  ...option('--cache-dir', cacheDir && toUser(cacheDir)),
  ...(strict ? ['--strict'] : []),
  ...option('--log', log && toUser(log)),
  ...option('--tune', tune),
];

const option = (flag: string, value: string | number | undefined): string[] =>
  value === undefined ? [] : [flag, String(value)];
