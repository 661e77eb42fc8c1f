import type { Device, Tensor, Variable } from '@hourglass/tensor';

/** Numbers by name: `loss` and, if it has several terms, each term. */
export type Metrics = Readonly<Record<string, number>>;

/**
 * Sums over samples on the GPU, by metric. The first plan that adds to a sum creates it. The sums are float32: over
 * 100 000 steps, the mean of losses that vary is off by about 2e-6 of itself, that of equal losses by up to 2e-4.
 */
export class Totals {
  private readonly device: Device;
  private readonly sums = new Map<string, Variable>();

  constructor(device: Device) {
    this.device = device;
  }

  /** The updates that add `count` times each mean (a scalar) to its sum if the scalar `unless` is 0. */
  add(means: Readonly<Record<string, Tensor>>, count: number, unless?: Tensor): Tensor[] {
    return Object.entries(means).map(([name, mean]) => {
      const sum = this.sumOf(name);
      return sum.assign(sum.add(mean.mul(count)), unless);
    });
  }

  reset(): void {
    for (const sum of this.sums.values()) sum.write([0]);
  }

  /** Copies the current sums to the host. Steps submitted later do not change the copy. */
  async read(): Promise<Metrics> {
    const entries = [...this.sums].map(async ([name, sum]) => [name, await sum.item()] as const);
    return Object.fromEntries(await Promise.all(entries));
  }

  /** The sums divided by the number of samples. */
  async means(count: number): Promise<Metrics> {
    const sums = Object.entries(await this.read());
    return Object.fromEntries(sums.map(([name, sum]) => [name, sum / count]));
  }

  write(sums: Metrics): void {
    for (const [name, sum] of Object.entries(sums)) this.sumOf(name).write([sum]);
  }

  private sumOf(name: string): Variable {
    const sum = this.sums.get(name) ?? this.device.variable(0);
    this.sums.set(name, sum);
    return sum;
  }
}
