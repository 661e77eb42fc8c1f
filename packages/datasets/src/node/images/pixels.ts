/** An image without its own file, such as a row of an array. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  /** Bytes 0 .. 255, row-major [height, width, channels]. */
  readonly data: Uint8Array;
}
