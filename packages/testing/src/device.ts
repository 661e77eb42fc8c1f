import { pollPatiently, requestAdapter } from '@hourglass/node';
import { Device, type DeviceOptions, type TiledTile } from '@hourglass/tensor';
import { afterAll } from 'vitest';

/** Small tiles through workgroup memory, so that small results need several. */
const TILED: TiledTile = {
  kernel: 'tiled',
  rows: 32,
  columns: 32,
  depth: 8,
  laneRows: 8,
  laneColumns: 4,
  workgroups: 16,
};

const ALL_TILED = {
  tiled: { image: TILED, weightGradient: TILED },
  tiledFrom: { multiplyAdds: 0, columns: 0 },
};

/**
 * The tiles of a kind of adapter, or `tiled`: all products through workgroup memory. Results are the same on any
 * adapter.
 */
export type TileKind = 'software' | 'hardware' | 'tiled';
export const TILE_KINDS: readonly TileKind[] = ['software', 'hardware', 'tiled'];

/**
 * Opens a device on this machine's adapter for the tests of one file; destroys it after them. Default: the adapter's
 * tiles.
 */
export async function openDevice(kind?: TileKind, options: DeviceOptions = {}): Promise<Device> {
  const { adapter, info } = await requestAdapter();
  if (info.kind === 'software') pollPatiently();
  const device =
    kind === 'tiled'
      ? await Device.create(adapter, 'hardware', { ...options, tiles: ALL_TILED })
      : await Device.create(adapter, kind ?? info.kind, options);
  afterAll(() => device.destroy());
  return device;
}
