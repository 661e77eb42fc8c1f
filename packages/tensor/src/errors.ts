/** Shapes that do not fit an operation. The message holds every shape involved. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** The device cannot do what was asked: a limit, a lost device, a rejected shader. The message says what to do. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
}
