/** Storage buffers that a kernel binds on adapters with default limits. */
export const MAX_STORAGES = 8;
/** Tensors that a kernel reads: one buffer takes the result. */
export const MAX_LEAVES = MAX_STORAGES - 1;
