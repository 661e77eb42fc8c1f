/** A range of a GPU buffer that stores a tensor's elements. */
export interface Storage {
  readonly buffer: GPUBuffer;
  /** In bytes; a multiple of 256, the alignment that every binding needs. */
  readonly offset: number;
  /** In bytes. */
  readonly bytes: number;
}

/** Binding offsets must be multiples of this many bytes on every adapter with default limits. */
export const ALIGNMENT = 256;

/** Whether two ranges have bytes in common. */
export const overlap = (a: Storage, b: Storage): boolean =>
  a.buffer === b.buffer && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;

export const align = (bytes: number, to = ALIGNMENT): number => Math.ceil(bytes / to) * to;
