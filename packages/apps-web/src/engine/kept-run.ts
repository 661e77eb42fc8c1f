import { EXPERIMENTS } from '@hourglass/experiments';
import { decodeCheckpoint, encodeCheckpoint, type Snapshot } from '@hourglass/nn';
import type { TrainingSettings } from './api.ts';

/** A training run that outlives its tab. */
export interface KeptRun {
  readonly settings: TrainingSettings;
  readonly snapshot: Snapshot;
}

/** In the browser's private file system for this site. */
const FILE = 'training.safetensors';
/** The metadata entry with the settings as JSON. */
const ENTRY = 'hourglass.page.settings';

/** Replaces the kept run. If the browser stores nothing, as in private windows, none is kept. */
export async function keepRun({ settings, snapshot }: KeptRun): Promise<void> {
  try {
    const bytes = encodeCheckpoint(snapshot, {
      'hourglass.experiment': settings.experiment,
      [ENTRY]: JSON.stringify(settings),
    });
    const folder = await navigator.storage.getDirectory();
    const file = await (await folder.getFileHandle(FILE, { create: true })).createWritable();
    await file.write(bytes as Uint8Array<ArrayBuffer>);
    await file.close(); // only now the file changes
  } catch {
    // the training goes on without
  }
}

/** The kept run; undefined if there is none that this version can continue. */
export async function keptRun(): Promise<KeptRun | undefined> {
  try {
    const folder = await navigator.storage.getDirectory();
    const file = await (await folder.getFileHandle(FILE)).getFile();
    const { snapshot, metadata } = decodeCheckpoint(new Uint8Array(await file.arrayBuffer()), FILE);
    const settings = JSON.parse(metadata[ENTRY] ?? '') as TrainingSettings;
    const { batchSize, learningRate, latent, seed } = settings;
    const numbers = [batchSize, learningRate, latent, seed].every(Number.isFinite);
    return numbers && EXPERIMENTS.has(settings.experiment) ? { settings, snapshot } : undefined;
  } catch {
    return undefined;
  }
}
