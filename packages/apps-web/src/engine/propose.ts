import { DataError } from '@hourglass/datasets';
import type { AdapterInfo } from './api.ts';
import { readDataFiles } from './data-files.ts';
import { areOwnImages, ownImages } from './own-images.ts';
import { areTables, ownSeries } from './own-series.ts';
import type { Proposal } from './proposal.ts';

/**
 * The experiments for the visitor's files; undefined if they belong to a dataset of the report, or to nothing known.
 * @throws DataError if they are images or tables that can't be read
 */
export async function propose(files: readonly File[], kind: AdapterInfo['kind']): Promise<Proposal | undefined> {
  if (areOwnImages(files)) return ownImages(files, kind);
  if (!areTables(files) || (await areBeats(files))) return undefined;
  return ownSeries(files);
}

/** Whether the files are ECG5000, in any of its formats. */
const areBeats = (files: readonly File[]): Promise<boolean> =>
  readDataFiles(files).then(
    () => true,
    (error: unknown) => {
      if (error instanceof DataError) return false;
      throw error;
    },
  );
