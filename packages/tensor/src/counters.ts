/** How much of each kind the device has made so far; what a training step adds after warm-up must be zero. */
export interface Counters {
  /** Buffers made. */
  buffers: number;
  bindGroups: number;
  pipelines: number;
  submits: number;
  /** Bytes of GPU memory in use now, without the buffers that read-backs go through. */
  bytes: number;
}
