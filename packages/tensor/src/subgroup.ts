import type { Constants } from './wgsl.ts';

/** The additions to a kernel whose lanes share loaded values with `BROADCAST(value, lane)`. */
interface Subgroup {
  readonly constants: Constants;
  readonly functions: readonly string[];
  readonly features: readonly string[];
}

/** Subgroups of `lanes` lanes; with 1, each lane is its own subgroup. */
export function subgroupOf(lanes: number, type: 'f32' | 'vec4f'): Subgroup {
  const of = (lane: string, broadcast: string): Constants => ({
    SUBGROUP: lanes,
    SUBGROUP_LANE: lane,
    BROADCAST: broadcast,
  });
  if (lanes > 1)
    return {
      constants: of('subgroup_invocation_id', 'subgroupBroadcast'),
      functions: [],
      features: ['subgroups'],
    };
  return {
    constants: of('local_invocation_index', 'own'),
    functions: [`fn own(value: ${type}, lane: u32) -> ${type} { return value; }`],
    features: [],
  };
}

/** The lanes of each subgroup of a device; 1 if it has no subgroups or their sizes vary. */
export function subgroupSize({ features, adapterInfo }: GPUDevice): number {
  const { subgroupMinSize, subgroupMaxSize } = adapterInfo;
  return features.has('subgroups') && subgroupMinSize === subgroupMaxSize ? subgroupMinSize : 1;
}
