import type { Constants } from './wgsl.ts';

/** What a kernel needs whose lanes give each other what each has loaded: `BROADCAST(value, lane)`. */
interface Subgroup {
  readonly constants: Constants;
  readonly functions: readonly string[];
  readonly features: readonly string[];
}

/** Subgroups of `size` lanes; where the tiles know none, each lane is one by itself. */
export function subgroupOf(size: number, type: 'f32' | 'vec4f'): Subgroup {
  const of = (lane: string, broadcast: string): Constants => ({
    SUBGROUP: size,
    SUBGROUP_LANE: lane,
    BROADCAST: broadcast,
  });
  if (size > 1)
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

/** Lanes of every subgroup of a device; 1 where it has none or they differ. */
export function subgroupSize({ features, adapterInfo }: GPUDevice): number {
  const { subgroupMinSize, subgroupMaxSize } = adapterInfo;
  return features.has('subgroups') && subgroupMinSize === subgroupMaxSize ? subgroupMinSize : 1;
}
