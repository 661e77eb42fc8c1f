import type { ImageSplit } from '@hourglass/datasets';
import type { BatchSource } from '@hourglass/nn';
import { type Device, gatherRows, shuffledIndices } from '@hourglass/tensor';

/**
 * The first `limit` images of a split (default: all), uploaded once as bytes; batches are drawn, gathered and scaled to
 * [0, 1] on the GPU.
 */
export function imageBatches(
  device: Device,
  split: ImageSplit,
  shape: readonly [number, number, number],
  limit = split.count,
): BatchSource {
  const count = Math.min(limit, split.count);
  const size = shape[0] * shape[1] * shape[2];
  const bytes = device.bytes(split.pixels.subarray(0, count * size), [count, ...shape]);
  return {
    count,
    batch: (samples, position) => gatherRows(bytes, shuffledIndices(device, samples, count, position)).div(255),
  };
}
