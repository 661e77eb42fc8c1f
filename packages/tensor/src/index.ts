export { grad } from './autograd.ts';
export { located, markLibrary } from './caller.ts';
export { checkGradients, type GradientCheckOptions } from './check-gradients.ts';
export type { Trace } from './compile.ts';
export type { Counters } from './counters.ts';
export { Device, type DeviceOptions } from './device.ts';
export { DeviceError, DeviceLostError, ShapeError } from './errors.ts';
export { findNotFinite, type NotFinite } from './find-not-finite.ts';
export type { Nested } from './nested.ts';
export { type AdamGate, type AdamOptions, type AdamState, adam, adamRate } from './ops/adam.ts';
export { batchNorm, type NormalizedBatch } from './ops/batchnorm.ts';
export type { ConvolutionOptions, TransposedConvolutionOptions } from './ops/conv2d.ts';
export { elementwise, type KernelDefinition, kernel } from './ops/custom.ts';
export { type Operands, where } from './ops/elementwise.ts';
export { firstFailure } from './ops/first-failure.ts';
export { gatherRows } from './ops/gather.ts';
export { mae, mse } from './ops/losses.ts';
export { concat } from './ops/movement.ts';
export { pack } from './ops/pack.ts';
export { randomNormal, randomUniform, type ShuffleKey, shuffledIndices, type TensorRandomKey } from './ops/random.ts';
export {
  normalOnHost,
  type OrderKey,
  philox,
  type RandomKey,
  shuffledOnHost,
  uniformOnHost,
  type Words,
} from './philox.ts';
export { type InputTypes, Plan, type PlanMemory } from './plan.ts';
export { type Geometry, type Product, productKey } from './product.ts';
export { type KernelTime, profile } from './profile.ts';
export { type Shape, sizeOf } from './shape.ts';
export { isSoftware } from './software.ts';
export { type DType, Tensor } from './tensor.ts';
export type { DirectTile, ProductTile, TiledTile, Tiles } from './tiles.ts';
export type { Traffic } from './traffic.ts';
export { productsIn, type TunedProduct, type TuneOptions, tune, tuningOf } from './tune.ts';
export { isTuned, parseTuning, type Tuning, tunedTile } from './tuning.ts';
export { Variable } from './variable.ts';
