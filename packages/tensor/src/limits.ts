/** Storage buffers that a kernel binds on adapters with default limits. */
export const MAX_STORAGES = 8;
/** Tensors that a kernel reads: one buffer takes the result. */
export const MAX_LEAVES = MAX_STORAGES - 1;
/** Bytes of memory that adapters run out of: whether so many could be had is worth a wait. */
export const LARGE_BUFFER = 2 ** 24;
