import { located } from './caller.ts';

/**
 * Shapes that do not fit an operation. The message contains every shape involved, and the line that called the engine:
 * see {@link located}.
 */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';

  constructor(message: string) {
    super(located(message));
  }
}

/** The device cannot do the work: a limit, a lost device, a rejected shader. The message says what to do. */
export class DeviceError extends Error {
  override readonly name: string = 'DeviceError';
}

/** The device is lost or out of memory. Its contents are gone, but another device can continue from saved state. */
export class DeviceLostError extends DeviceError {
  override readonly name = 'DeviceLostError';
}

/** The reason in a driver's error: its first line, without the details below, or a note that there is no reason. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error || isGPUError(error) ? error.message : String(error ?? '');
  return text.split('\n')[0]!.trim().replace(/\.$/, '') || 'its driver gives no reason';
}

const isGPUError = (error: unknown): error is GPUError =>
  typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
