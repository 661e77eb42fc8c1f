import { encodeCheckpoint, type Snapshot } from '@hourglass/nn';
import { type KeptTraining, LAST, type TrainingSettings } from './api.ts';

/** The metadata entry with the run's description as JSON. */
const ENTRY = 'hourglass.page.run';

/** Metadata of a kept run's checkpoint. */
export const runMetadata = (run: KeptTraining): Readonly<Record<string, string>> => ({
  'hourglass.experiment': run.settings.experiment,
  [ENTRY]: JSON.stringify(run),
});

/** A run's file in the browser's private file system for this site. */
const fileOf = (name: string): string => `run-${encodeURIComponent(name)}.safetensors`;

/**
 * Replaces the kept run with this name.
 *
 * @param bytes a checkpoint with {@link runMetadata}
 * @throws Error if the browser stores nothing, as in private windows, or has no room
 */
export async function keepRun(name: string, bytes: Uint8Array): Promise<void> {
  try {
    const folder = await navigator.storage.getDirectory();
    const file = await (await folder.getFileHandle(fileOf(name), { create: true })).createWritable();
    await file.write(bytes as Uint8Array<ArrayBuffer>);
    await file.close(); // the file changes only now
  } catch {
    throw new Error('The browser could not store the run: this is a private window, or there is no room.');
  }
}

/** Keeps the last run if the browser stores files; otherwise training continues without keeping it. */
export async function keepLast(settings: TrainingSettings, snapshot: Snapshot): Promise<void> {
  const metadata = runMetadata({ name: LAST, settings, step: snapshot.state.step, curve: [] });
  await keepRun(LAST, encodeCheckpoint(snapshot, metadata)).catch(() => undefined);
}

/** The checkpoint of a kept run. @throws Error if there is none */
export async function keptCheckpoint(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await navigator.storage.getDirectory();
  const handle = await folder.getFileHandle(fileOf(name)).catch(() => {
    throw new Error(`No run named ${name} is kept any more.`);
  });
  return new Uint8Array(await (await handle.getFile()).arrayBuffer());
}

export async function removeRun(name: string): Promise<void> {
  await (await navigator.storage.getDirectory()).removeEntry(fileOf(name)).catch(() => undefined);
}

/** The runs that this version can continue, the newest first. Reads only the headers of their files. */
export async function keptRuns(): Promise<KeptTraining[]> {
  try {
    const found: { readonly run: KeptTraining; readonly at: number }[] = [];
    for await (const handle of (await navigator.storage.getDirectory()).values()) {
      if (handle.kind !== 'file' || !handle.name.startsWith('run-')) continue;
      const file = await (handle as FileSystemFileHandle).getFile();
      const run = await describedRun(file).catch(() => undefined);
      if (run !== undefined) found.push({ run, at: file.lastModified });
    }
    return found.sort((a, b) => b.at - a.at).map(({ run }) => run);
  } catch {
    return [];
  }
}

/** The description in a checkpoint's header: its length in eight bytes, then JSON. Undefined if there is none. */
async function describedRun(file: File): Promise<KeptTraining | undefined> {
  const length = new DataView(await file.slice(0, 8).arrayBuffer()).getBigUint64(0, true);
  const header = JSON.parse(await file.slice(8, 8 + Number(length)).text()) as {
    readonly __metadata__: Readonly<Record<string, string>>;
  };
  const run = JSON.parse(header.__metadata__[ENTRY]!) as KeptTraining;
  const { batchSize, learningRate, latent, seed } = run.settings;
  const numbers = [batchSize, learningRate, latent, seed, run.step].every(Number.isFinite);
  return numbers && typeof run.name === 'string' && Array.isArray(run.curve) ? run : undefined;
}
