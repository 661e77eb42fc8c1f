import { cpus } from 'node:os';
import type { PreparedWork, StepTime, Work } from '@hourglass/experiments';
import type { Device, PlanMemory, Traffic } from '@hourglass/tensor';
import { type FoundPeer, type PeerAdapter, RunningPeer, type Stretch } from './peers.ts';

/** The measurement of one work, in one size, with one library. */
export interface Row {
  readonly work: string;
  readonly name: string;
  /** Samples in a batch; for the matrix product, its rows. */
  readonly size: number;
  readonly library: string;
  readonly version?: string;
  readonly result: Timing | { readonly error: string };
  /** Known only for our own engine. */
  readonly engine?: Engine;
}

export interface Timing {
  /** Median and tenth and ninetieth percentiles over all steps of all rounds. */
  readonly milliseconds: { readonly median: number; readonly low: number; readonly high: number };
  readonly steps: number;
  /**
   * Mean processor time of a step over all cores: on software adapters, this is the work itself, which a busy machine
   * does not prolong.
   */
  readonly cpuMilliseconds: number;
  /** Only for training steps. */
  readonly samplesPerSecond?: number;
  readonly gigaflops?: number;
  /** Time relative to ours, if ours was measured. */
  readonly ratio?: number;
  readonly firstStepSeconds: number;
  /** Peak GPU memory, if known. */
  readonly bytes?: number;
  /** The share of the machine's cores that other processes used during the measurement. */
  readonly othersBusy: number;
}

export interface Engine {
  /** Time to hand over a step without disturbances (the tenth percentile): writing its inputs, encoding, submitting. */
  readonly hostMilliseconds: number;
  readonly dispatches: number;
  /** Bytes of the plan, without weights and moments. */
  readonly memory: PlanMemory;
  /** Bytes that the kernels move if each touches its bound buffers once, and the minimum for the same products. */
  readonly traffic: Traffic;
  readonly leastTraffic: Traffic;
}

export interface Rounds {
  readonly rounds: number;
  /** Seconds for each library in each round; at least one step is run. */
  readonly seconds: number;
}

/** A library whose step takes longer than this many rounds' time is measured in the first round only. */
const SLOW = 4;

/** A library running a work. */
interface Contestant {
  readonly library: string;
  readonly version?: string;
  /** Prepares the work and runs its first step. */
  readonly start: () => Promise<Started>;
}

interface Started {
  readonly firstStepSeconds: number;
  readonly bytes?: number | undefined;
  /** Runs steps for this many seconds, at least one. */
  readonly steps: (seconds: number) => Promise<Stretch>;
  readonly stop: () => void;
  /** Only for our own engine; called after the last step. */
  readonly report?: () => { readonly flops: number; readonly engine: Engine };
}

/** The location of the peers, and the adapter that they must use. */
export interface Peers {
  readonly found: readonly FoundPeer[];
  readonly folder: string;
  readonly adapter: PeerAdapter;
}

/**
 * Times one work with our engine and with every peer, in turn within each round, so that other load on the machine
 * affects all equally. A failure becomes a row with its message.
 */
export async function measureWork(
  device: Device,
  work: Work,
  size: number,
  peers: Peers,
  { rounds, seconds }: Rounds,
  onProgress: (library: string) => void,
): Promise<Row[]> {
  const { id, name, experiment } = work;
  const contestants: Contestant[] = [
    { library: 'Hourglass', start: () => startOwn(device, work, size) },
    ...peers.found
      .filter(({ works = [id] }) => works.includes(id))
      .map((peer) => {
        return { library: peer.peer, version: peer.version, start: () => startPeer(peers, peer, id, size) };
      }),
  ];
  const races: Race[] = [];
  for (const contestant of contestants) {
    onProgress(contestant.library);
    races.push(await Race.begin(contestant));
  }
  for (let round = 0; round < rounds; round++) {
    for (const race of races) {
      onProgress(`${race.library}, round ${round + 1} of ${rounds}`);
      await race.run(seconds);
    }
  }
  for (const race of races) race.end();

  const own = races[0]!.report?.();
  const ours = races[0]!.median;
  return races.map((race, i) => {
    const { library, version, median } = race;
    const training =
      experiment === undefined || median === undefined ? {} : { samplesPerSecond: (1000 * size) / median };
    const ratio = ours === undefined || median === undefined ? {} : { ratio: median / ours };
    const gigaflops = own === undefined || median === undefined ? {} : { gigaflops: own.flops / (median * 1e6) };
    const result =
      race.result === undefined ? { error: race.failure! } : { ...race.result, ...training, ...ratio, ...gigaflops };
    const engine = i === 0 && own !== undefined ? { engine: own.engine } : {};
    return { work: id, name, size, library, ...(version === undefined ? {} : { version }), result, ...engine };
  });
}

/** The results of one library for a work over all rounds. */
class Race {
  readonly library: string;
  readonly version: string | undefined;
  failure: string | undefined;
  private started: Started | undefined;
  private readonly times: number[] = [];
  private readonly busy: number[] = [];
  private cpuSeconds = 0;

  private constructor({ library, version }: Contestant) {
    this.library = library;
    this.version = version;
  }

  static async begin(contestant: Contestant): Promise<Race> {
    const race = new Race(contestant);
    await race.attempt(async () => {
      race.started = await contestant.start();
    });
    return race;
  }

  /**
   * Runs steps for this many seconds; none if the library failed before, or is so slow that the first round must
   * suffice.
   */
  async run(seconds: number): Promise<void> {
    const { started, times } = this;
    if (started === undefined || this.failure !== undefined || times.some((time) => time > SLOW * seconds * 1000))
      return;
    await this.attempt(async () => {
      const [busy, start] = [busyCpuSeconds(), performance.now()];
      const { milliseconds, cpuSeconds } = await started.steps(seconds);
      times.push(...milliseconds);
      this.cpuSeconds += cpuSeconds;
      const others = busyCpuSeconds() - busy - cpuSeconds;
      this.busy.push(Math.max(0, others) / (((performance.now() - start) / 1000) * cpus().length));
    });
  }

  end(): void {
    this.started?.stop();
  }

  get report(): Started['report'] {
    return this.started?.report;
  }

  get median(): number | undefined {
    return this.result?.milliseconds.median;
  }

  get result(): Timing | undefined {
    const { times, busy, started } = this;
    if (started === undefined || times.length === 0) return undefined;
    return {
      milliseconds: { median: quantile(times, 0.5), low: quantile(times, 0.1), high: quantile(times, 0.9) },
      steps: times.length,
      cpuMilliseconds: (1000 * this.cpuSeconds) / times.length,
      firstStepSeconds: started.firstStepSeconds,
      ...(started.bytes === undefined ? {} : { bytes: started.bytes }),
      othersBusy: busy.reduce((sum, share) => sum + share, 0) / busy.length,
    };
  }

  private async attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
    }
  }
}

async function startPeer(peers: Peers, peer: FoundPeer, work: string, size: number): Promise<Started> {
  const most = peer.largest?.[work] ?? size;
  if (size > most) throw new Error(`not tried above ${most}, to avoid running out of memory`);
  const process = new RunningPeer(peers.folder, peer, [work, String(size)], peers.adapter);
  const stop = () => process.stop();
  try {
    const { firstStepSeconds, bytes } = await process.ready();
    return { firstStepSeconds, bytes, steps: (seconds) => process.steps(seconds), stop };
  } catch (error) {
    stop();
    throw error;
  }
}

async function startOwn(device: Device, work: Work, size: number): Promise<Started> {
  const prepared = await work.prepare(device, size);
  const { plan, leastTraffic, flops, firstStepSeconds } = prepared;
  const hosts: number[] = [];
  const steps = async (seconds: number): Promise<Stretch> => {
    const cpu = process.cpuUsage();
    const times = await stepsFor(prepared, seconds);
    hosts.push(...times.map(({ host }) => host));
    const { user, system } = process.cpuUsage(cpu);
    return { milliseconds: times.map(({ total }) => total), cpuSeconds: (user + system) / 1e6 };
  };
  const report = () => {
    const { dispatches, memory, traffic } = plan;
    // As soon as it has work, a software driver may take the core away from the submitting thread for milliseconds.
    const hostMilliseconds = quantile(hosts, 0.1);
    return { flops, engine: { hostMilliseconds, dispatches, memory, traffic, leastTraffic } };
  };
  // Plan, weights, moments and the samples of the batch.
  return { firstStepSeconds, bytes: plan.bytes, steps, stop: () => prepared.destroy(), report };
}

/** Runs steps for this many seconds, at least one. */
export async function stepsFor(prepared: PreparedWork, seconds: number): Promise<StepTime[]> {
  const times: StepTime[] = [];
  const until = performance.now() + seconds * 1000;
  do times.push(await prepared.step());
  while (performance.now() < until);
  return times;
}

/** The value that a share `q` of the numbers does not exceed. */
export function quantile(numbers: readonly number[], q: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

/** Total seconds that the machine's cores were busy. */
function busyCpuSeconds(): number {
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0) / 1000;
}
