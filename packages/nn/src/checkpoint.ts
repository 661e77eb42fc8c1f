import { FileFormatError } from './errors.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import type { Metrics } from './totals.ts';
import type { Snapshot, TrainerState } from './trainer-state.ts';

/** The metadata entry that contains the trainer's state as JSON. */
const STATE = 'hourglass.state';

/**
 * A snapshot as a safetensors file: weights and moments by name, and the trainer's state and `metadata` as text.
 * float32 numbers are stored exactly, so training resumes with the same bits.
 * @throws TypeError if metadata are not strings
 */
export function encodeCheckpoint({ state, tensors }: Snapshot, metadata: Readonly<Record<string, string>>): Uint8Array {
  return writeSafetensors(tensors, { ...metadata, [STATE]: JSON.stringify(state) });
}

/**
 * The inverse of {@link encodeCheckpoint}. Error messages call the file `name`.
 * @throws FileFormatError if the bytes are not a safetensors file, or contain weights but no training state.
 */
export function decodeCheckpoint(
  bytes: Uint8Array,
  name: string,
): { snapshot: Snapshot; metadata: Readonly<Record<string, string>> } {
  const { tensors, metadata } = readSafetensors(bytes, name);
  const text = metadata[STATE];
  if (text === undefined)
    throw new FileFormatError(`${name} contains weights but no training state, so training cannot resume from it.`);
  return { snapshot: { tensors, state: parseState(text, name) }, metadata };
}

function parseState(text: string, name: string): TrainerState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!isState(value))
    throw new FileFormatError(`${name}: the training state in its header is damaged: ${text.slice(0, 80)}`);
  return value;
}

function isState(value: unknown): value is TrainerState {
  if (typeof value !== 'object' || value === null) return false;
  const { step, epoch, position, seconds, samples, totals, ...others } = value as Record<string, unknown>;
  const { stopping = {}, reducing = {}, rateFactor = 1, stepsPerEpoch = 1, optimizers = [] } = others;
  const counts = [step, epoch, position, samples, stepsPerEpoch].every(
    (count) => Number.isSafeInteger(count) && (count as number) >= 0,
  );
  return (
    counts &&
    typeof seconds === 'number' &&
    typeof rateFactor === 'number' &&
    Array.isArray(optimizers) &&
    optimizers.every((name) => typeof name === 'string') &&
    [totals, stopping, reducing].every(isMetrics)
  );
}

const isMetrics = (totals: unknown): totals is Metrics =>
  typeof totals === 'object' && totals !== null && Object.values(totals).every((total) => typeof total === 'number');
