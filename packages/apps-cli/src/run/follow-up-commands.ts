/** The commands that a training suggests to its user, with the user's options for data, cache and adapter. */

import { commandLine, toUser } from '../io/paths.ts';
import type { CommonOptions } from '../usage/options.ts';
import type { RunConfig } from './config.ts';

/** Resumes the run in a folder; data and adapter are in its configuration. */
export function resumeCommand(experiment: string, folder: string, options: CommonOptions): string {
  return commandLine('train', experiment, '--resume', toUser(folder), ...notKept(options));
}

/** Trains the report's whole recipe, for a run that trains less. */
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

/** The options that are not in a run's configuration. */
const notKept = ({ cacheDir, strict }: CommonOptions): string[] => [
  ...(cacheDir === undefined ? [] : ['--cache-dir', toUser(cacheDir)]),
  ...(strict ? ['--strict'] : []),
];
