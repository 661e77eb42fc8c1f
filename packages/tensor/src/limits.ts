/** Storage buffers that a kernel can bind on adapters with default limits. */
export const MAX_STORAGES = 8;
/** Tensors that a kernel can read: one buffer holds the result. */
export const MAX_LEAVES = MAX_STORAGES - 1;
/** Allocations of at least this many bytes may exhaust an adapter's memory, so their outcome is worth a wait. */
export const LARGE_BUFFER = 2 ** 24;
