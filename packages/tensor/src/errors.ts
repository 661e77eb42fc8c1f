import { located } from './caller.ts';

/** Shapes that do not fit an operation. The message holds every shape involved, and the line that called the engine: see {@link located}. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';

  constructor(message: string) {
    super(located(message));
  }
}

/** The device cannot do what was asked: a limit, a lost device, a rejected shader. The message says what to do. */
export class DeviceError extends Error {
  override readonly name: string = 'DeviceError';
}

/** The device is gone, or out of memory: what it held is lost, but another device may go on from what was saved. */
export class DeviceLostError extends DeviceError {
  override readonly name = 'DeviceLostError';
}

/** The reason that an error of a driver gives: its first line, without what drivers add below, or that it gives none. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error || isGPUError(error) ? error.message : String(error ?? '');
  return text.split('\n')[0]!.trim().replace(/\.$/, '') || 'its driver gives no reason';
}

const isGPUError = (error: unknown): error is GPUError =>
  typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
