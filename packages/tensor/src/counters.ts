/** Counts of what the device has created so far. After warm-up, a training step must create nothing. */
export interface Counters {
  /** Buffers created. */
  buffers: number;
  bindGroups: number;
  pipelines: number;
  submits: number;
  /** Bytes of GPU memory in use now, excluding read-back buffers. */
  bytes: number;
}
