/** Storage buffers that a kernel can bind on adapters with default limits. */
export const MAX_STORAGES = 8;
/** Tensors that a kernel can read: one buffer holds the result. */
export const MAX_LEAVES = MAX_STORAGES - 1;
/** The most elements of a tensor. Kernels count them in u32, and their loops count at most 2²² beyond the last. */
export const MAX_SIZE = 2 ** 32 - 2 ** 22;
/** Allocations of at least this many bytes may exhaust an adapter's memory, so their outcome is worth a wait. */
export const LARGE_BUFFER = 2 ** 24;
