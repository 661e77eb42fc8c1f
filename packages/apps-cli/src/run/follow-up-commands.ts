/** The commands that a training offers its user, with what the user said about data, cache and adapter. */

import { commandLine, toUser } from '../io/paths.ts';
import type { CommonOptions } from '../usage/options.ts';
import type { RunConfig } from './config.ts';

/** Goes on with the run in a folder; data and adapter stand in its configuration. */
export function resumeCommand(experiment: string, folder: string, options: CommonOptions): string {
  return commandLine('train', experiment, '--resume', toUser(folder), ...notKept(options));
}

/** Trains the whole of the report's recipe where a run trains less. */
export function reportCommand({ experiment, data, dataDir, adapter }: RunConfig, options: CommonOptions): string {
  return commandLine(
    'train',
    experiment,
    '--preset',
    'report',
    ...(data !== undefined ? ['--data', toUser(data)] : dataDir !== undefined ? ['--data-dir', toUser(dataDir)] : []),
    ...(adapter.choice === 'auto' ? [] : ['--adapter', adapter.choice]),
    ...notKept(options),
  );
}

/** The options that a run's configuration does not hold. */
const notKept = ({ cacheDir, strict }: CommonOptions): string[] => [
  ...(cacheDir === undefined ? [] : ['--cache-dir', toUser(cacheDir)]),
  ...(strict ? ['--strict'] : []),
];
