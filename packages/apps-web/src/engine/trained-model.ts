import type { FittedWeights } from '@hourglass/experiments';
import { Weights } from '@hourglass/nn';
import { type Device, type Plan, sizeOf, type Tensor } from '@hourglass/tensor';

type Compute = (x: Tensor) => Tensor;

/** A model with weights on a device. */
export class TrainedModel {
  private readonly device: Device;
  private readonly fitted: FittedWeights;
  private readonly weights: Weights;
  private readonly plans = new Map<string, Promise<{ plan: Plan; input: ReturnType<Device['variable']> }>>();

  constructor(device: Device, fitted: FittedWeights) {
    const { model, tensors, source } = fitted;
    this.device = device;
    this.fitted = fitted;
    this.weights = new Weights(device, [model.encoder, model.decoder], 0);
    this.weights.write(tensors, source);
  }

  get latent(): number {
    return this.fitted.model.decoder.inputShape[0]!;
  }

  get shape(): readonly number[] {
    return this.fitted.model.encoder.inputShape;
  }

  encode(rows: Float32Array): Promise<Float32Array> {
    return this.run('encode', rows, this.shape, (x) => this.means(x));
  }

  decode(codes: Float32Array): Promise<Float32Array> {
    return this.run('decode', codes, [this.latent], (z) => this.apply('decoder', z));
  }

  reconstruct(rows: Float32Array): Promise<Float32Array> {
    return this.run('reconstruct', rows, this.shape, (x) => this.apply('decoder', this.means(x)));
  }

  private means(x: Tensor): Tensor {
    const code = this.apply('encoder', x);
    return code.shape[1] === this.latent ? code : code.slice([0, 0], [code.shape[0]!, this.latent]);
  }

  private apply(half: 'encoder' | 'decoder', x: Tensor): Tensor {
    return this.fitted.model[half].apply(x, (name) => this.weights.get(name), { training: false });
  }

  private async run(
    name: string,
    rows: Float32Array,
    shape: readonly number[],
    compute: Compute,
  ): Promise<Float32Array> {
    const count = rows.length / sizeOf(shape);
    const key = `${name} ${count}`;
    let made = this.plans.get(key);
    if (made === undefined) {
      const input = this.device.variable(new Float32Array(rows.length), [count, ...shape]);
      made = this.device.compile({}, () => ({ outputs: { y: compute(input) } })).then((plan) => ({ plan, input }));
      this.plans.set(key, made);
    }
    const { plan, input } = await made;
    input.write(rows);
    plan.run({});
    return plan.read('y');
  }
}
