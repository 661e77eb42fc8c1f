import { DATASETS, DataError } from '@hourglass/datasets';
import { loadDataset } from '@hourglass/datasets/node';
import { type Experiment, experimentData } from '@hourglass/experiments';
import { toldBy } from '../io/messages.ts';
import { toUser } from '../io/paths.ts';
import { checkFlags } from './own-flags.ts';
import { checkOptions, newSettings, resumedSettings } from './settings.ts';
import type { Subject } from './subject.ts';

/** One of the report's experiments, with its dataset. */
export const reportSubject = (experiment: Experiment): Subject => ({
  id: experiment.id,
  check: (options) => {
    checkFlags(experiment.id, options, 'report');
    checkOptions(experiment, options);
  },
  load: async (options, { stored, kind, messages, signal }) => {
    const began = stored?.config;
    const settings =
      stored === undefined
        ? newSettings(experiment, options, kind)
        : resumedSettings(experiment, stored.config, options, stored.snapshot.state.epoch);
    const data = options.data ?? began?.data;
    const dataDir = options.dataDir ?? began?.dataDir;
    const { cacheDir, strict } = options;
    const { size: imageSize } = settings;
    const dataset = await loadDataset(experiment.dataset, {
      ...{ data, dataDir, cacheDir, strict, imageSize, signal },
      ...toldBy(messages),
    })
      .then(experimentData)
      .catch((error: unknown) => {
        const own = options.data === undefined && options.dataDir === undefined ? (data ?? dataDir) : undefined;
        if (began === undefined || own === undefined || !(error instanceof DataError)) throw error;
        const where = `This path comes from the run, which was started with its data in ${toUser(own)}.`;
        throw new DataError(`${error.message} ${where} If the data have moved, give their location with --data.`, {
          cause: error,
        });
      });
    return { experiment, settings, dataset, samples: DATASETS[experiment.dataset].samples };
  },
});
