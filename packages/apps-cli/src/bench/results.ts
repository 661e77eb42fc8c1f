import type { Row } from './measure.ts';
import type { MissingPeer } from './peers.ts';
import type { KernelRow } from './profile.ts';
import type { ReadBack } from './read-back.ts';
import type { ScalingPoint } from './scaling.ts';

/** The output of `bench --json`; `adapter` is the driver's name for it. */
export interface BenchResult {
  readonly adapter: string;
  readonly rows: readonly Row[];
  /** Peers that are not installed on this machine. */
  readonly missing: readonly MissingPeer[];
}

export interface ProfileResult {
  readonly adapter: string;
  readonly works: readonly { readonly name: string; readonly size: number; readonly kernels: readonly KernelRow[] }[];
}

export interface ReadBackResult {
  readonly adapter: string;
  readonly trainings: readonly ReadBack[];
}

export interface ScalingResult {
  readonly adapter: string;
  readonly points: readonly ScalingPoint[];
}
