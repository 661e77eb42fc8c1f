import { inferenceContext, type ObjectiveContext, sampleLosses, Weights } from '@hourglass/nn';
import { type Device, type Plan, type Shape, ShapeError, sizeOf, type Tensor, type Variable } from '@hourglass/tensor';
import type { Autoencoder } from './model.ts';
import { addNoise, type Noise, noiseOf, REPORT_NOISE } from './noise.ts';
import { absoluteReconstruction, encode, reconstruct, reconstruction } from './objectives.ts';
import { concatenated, type RowReader } from './samples.ts';
import { REPORT_SCORE, type Score, scoreOf } from './score.ts';
import { type FittedWeights, HALVES } from './stored-weights.ts';

/** A computation on a batch of rows in inference mode. Returns results [rows, …] by name. */
export type Computation<Name extends string> = (
  model: Autoencoder,
  x: Tensor,
  context: ObjectiveContext,
) => Readonly<Record<Name, Tensor>>;

export interface ApplyOptions {
  /** Shape of a row; default: the shape of the model's samples. */
  readonly shape?: Shape | undefined;
  /**
   * The number of rows in all calls together, if the rows are too many for one call; default: the rows of this call.
   * Infinity: unknown, but many. The batch size, and with it the rounding, depends on this number.
   */
  readonly of?: number | undefined;
}

const INPUTS = { seed: 'u32', first: 'u32' } as const;

interface BatchPlan {
  readonly plan: Plan<typeof INPUTS>;
  readonly input: Variable;
  readonly names: readonly string[];
}

/**
 * The largest inference batch. Only a few batch sizes exist, and batches are padded to them, because a software adapter
 * can need a minute to compile the kernels for another size.
 */
const MOST_ROWS = 128;
/**
 * Up to `most` rows are split into batches of this middle size, because more than half of a larger batch would be
 * padding.
 */
const SOME_ROWS = { batchSize: 16, most: 64 };
/** Largest size in bytes of one activation of a batch. */
const ACTIVATION_BYTES = 64 * 2 ** 20;

function batchSizeFor(rows: number): number {
  if (rows === 1) return 1;
  return rows <= SOME_ROWS.most ? SOME_ROWS.batchSize : MOST_ROWS;
}

/** The largest power of two, up to `most`, of samples with activations within {@link ACTIVATION_BYTES}. */
export function inferenceBatch({ encoder, decoder }: Autoencoder, most = MOST_ROWS): number {
  const shapes = [encoder, decoder].flatMap(({ inputShape, layers }) => [
    inputShape,
    ...layers.map(({ outputShape }) => outputShape),
  ]);
  const largest = Math.max(...shapes.map((shape) => 4 * sizeOf(shape)));
  return Math.max(1, Math.min(most, 2 ** Math.floor(Math.log2(ACTIVATION_BYTES / largest))));
}

/**
 * A model with weights on a device, in inference mode. Rows are flat and row-major: samples [n, …] in [0, 1], or codes
 * [n, latent]. Methods that take rows throw ShapeError unless the rows are complete. Each computation is compiled once
 * per batch size, so later calls are fast. Calls may overlap.
 */
export class TrainedModel {
  readonly model: Autoencoder;
  /** Seed of the noise and all other random numbers. Two calls with the same rows draw the same numbers. */
  readonly seed: number;
  readonly weights: Weights;
  /** The noise of a denoiser's inputs. */
  readonly noise: Noise;
  /** The measure of a detector's {@link errors}. */
  readonly score: Score;
  private readonly batchSize: number;
  private readonly noisy: Computation<'samples'> = (_, x, context) => ({ samples: addNoise(x, context, this.noise) });
  private readonly plans = new Map<Computation<string>, Map<number, Promise<BatchPlan>>>();

  /** The weights may be in training: every call uses their current values. */
  constructor(
    model: Autoencoder,
    weights: Weights,
    {
      seed = 0,
      noise = REPORT_NOISE,
      score = REPORT_SCORE,
    }: { readonly seed?: number; readonly noise?: Noise | undefined; readonly score?: Score | undefined } = {},
  ) {
    this.model = model;
    this.weights = weights;
    this.seed = seed;
    this.noise = noise;
    this.score = score;
    this.batchSize = inferenceBatch(model);
  }

  /**
   * Puts the weights of the encoder and the decoder on a device. If they belong to only one half, the other can't be
   * used.
   *
   * @throws WeightsError if the stored score is unknown
   */
  static from(device: Device, fitted: FittedWeights, seed = 0): TrainedModel {
    const { model, tensors, source, metadata } = fitted;
    const halves = HALVES.map((half) => model[half]);
    const there = halves.filter((half) => half.weights.every(({ name }) => tensors.has(name)));
    const weights = new Weights(device, there, seed);
    weights.write(tensors, source);
    return new TrainedModel(model, weights, { seed, noise: noiseOf(metadata), score: scoreOf(fitted) });
  }

  /** Length of a code. */
  get latent(): number {
    return this.model.decoder.inputShape[0]!;
  }

  /** Codes [n, latent] of samples; for a variational encoder, the means. */
  async encode(rows: Float32Array | RowReader, options: Pick<ApplyOptions, 'of'> = {}): Promise<Float32Array> {
    return (await this.apply(codesOf, rows, options)).codes;
  }

  /** Samples [n, …] decoded from codes. */
  async decode(codes: Float32Array): Promise<Float32Array> {
    return (await this.apply(decoded, codes, { shape: this.model.decoder.inputShape })).samples;
  }

  /** Samples decoded from the codes of the given samples. */
  async reconstruct(rows: Float32Array): Promise<Float32Array> {
    return (await this.apply(reconstructed, rows)).samples;
  }

  /** The {@link score} of the reconstruction of each sample: [n]. */
  async errors(rows: Float32Array | RowReader, options: Pick<ApplyOptions, 'of'> = {}): Promise<Float32Array> {
    return (await this.apply(errorsBy[this.score], rows, options)).errors;
  }

  /** Samples with the denoiser's noise. */
  async addNoise(rows: Float32Array): Promise<Float32Array> {
    return (await this.apply(this.noisy, rows)).samples;
  }

  /**
   * Applies any `computation` to rows. It is compiled once per function object, so pass the same function to reuse it.
   *
   * @throws ShapeError if the numbers do not form complete rows
   */
  async apply<Name extends string>(
    computation: Computation<Name>,
    rows: Float32Array | RowReader,
    { shape = this.model.encoder.inputShape, of }: ApplyOptions = {},
  ): Promise<Record<Name, Float32Array>> {
    const rowSize = sizeOf(shape);
    if (rows instanceof Float32Array && rows.length % rowSize !== 0)
      throw new ShapeError(
        `${rows.length} numbers don't form complete rows of [${shape.join(', ')}], ${rowSize} each.`,
      );
    const count = rows instanceof Float32Array ? rows.length / rowSize : rows.count;
    const batchSize = Math.min(this.batchSize, batchSizeFor(of ?? count));
    const { plan, input, names } = await this.plan(computation, shape, batchSize);
    const parts = new Map(names.map((name): [string, Float32Array[]] => [name, []]));
    for (let start = 0; start < count; start += batchSize) {
      const own = Math.min(batchSize, count - start);
      const batch =
        rows instanceof Float32Array
          ? rows.subarray(start * rowSize, (start + own) * rowSize)
          : await rows.read(start, own);
      input.write(filledUp(batch, batchSize * rowSize));
      plan.run({ seed: this.seed, first: start });
      // All reads are submitted before the first wait, so an overlapping call can't change their results.
      const results = await Promise.all(names.map((name) => plan.read(name)));
      results.forEach((result, i) => {
        parts.get(names[i]!)!.push(result.subarray(0, (result.length / batchSize) * own));
      });
    }
    const joined = names.map((name) => [name, concatenated(parts.get(name)!)]);
    return Object.fromEntries(joined) as Record<Name, Float32Array>;
  }

  /** Frees the compiled plans; the weights stay. */
  async destroy(): Promise<void> {
    const plans = [...this.plans.values()].flatMap((byBatchSize) => [...byBatchSize.values()]);
    this.plans.clear();
    for (const { plan } of await Promise.all(plans)) plan.destroy();
  }

  private plan(computation: Computation<string>, shape: Shape, batchSize: number): Promise<BatchPlan> {
    const byBatchSize = this.plans.get(computation) ?? new Map<number, Promise<BatchPlan>>();
    this.plans.set(computation, byBatchSize);
    const plan = byBatchSize.get(batchSize) ?? this.compile(computation, [batchSize, ...shape]);
    byBatchSize.set(batchSize, plan);
    return plan;
  }

  private async compile(computation: Computation<string>, shape: Shape): Promise<BatchPlan> {
    const { device } = this.weights;
    const input = device.variable(new Float32Array(sizeOf(shape)), shape);
    let names: string[] = [];
    const plan = await device.compile(INPUTS, ({ seed, first }) => {
      const outputs = computation(this.model, input, inferenceContext(this.weights, { seed, step: first }));
      names = Object.keys(outputs);
      return { outputs };
    });
    return { plan, input, names };
  }
}

const codesOf: Computation<'codes'> = (model, x, context) => ({ codes: encode(model, x, context) });

const decoded: Computation<'samples'> = ({ decoder }, x, { weights, ...pass }) => ({
  samples: decoder.apply(x, weights, pass),
});

const reconstructed: Computation<'samples'> = (model, x, context) => ({ samples: reconstruct(model, x, context) });

/** The error of each sample's reconstruction, by the score that names the measure. */
export const errorsBy: Readonly<Record<Score, Computation<'errors'>>> = {
  mae: (model, x, context) => ({ errors: sampleLosses(absoluteReconstruction(model)(x, context)).loss }),
  rmse: (model, x, context) => ({ errors: sampleLosses(reconstruction(model)(x, context)).loss.sqrt() }),
};

/** Pads the rows with rows that are never read back. */
function filledUp(rows: Float32Array, length: number): Float32Array {
  if (rows.length === length) return rows;
  const filled = new Float32Array(length);
  filled.set(rows);
  return filled;
}
