/** When a validation loss counts as no longer falling. */
export interface PlateauOptions {
  /** Epochs without improvement before something is done. */
  readonly patience: number;
  /** By how much a loss must be below the best one to be an improvement. Default 0. */
  readonly minDelta?: number;
}

/** What is done to the learning rate then. */
export interface ReduceOptions extends PlateauOptions {
  /** What the learning rate is multiplied with. Default 0.1. */
  readonly factor?: number;
}

/** What a plateau is told by, from epoch to epoch: a checkpoint keeps it. */
export interface PlateauState {
  /** The epoch that was judged last. */
  readonly epoch: number;
  /** The least loss so far. */
  readonly best: number;
  /** Epochs since then. */
  readonly waited: number;
}

/** Before any epoch. The largest number stands for infinity, which JSON does not have. */
const BEGINNING: PlateauState = { epoch: 0, best: Number.MAX_VALUE, waited: 0 };

/** The state after an epoch with this loss; a NaN is no improvement. An epoch that was judged before changes nothing. */
export function judged(
  state: PlateauState = BEGINNING,
  { epoch, loss }: { readonly epoch: number; readonly loss: number },
  { minDelta = 0 }: PlateauOptions,
): PlateauState {
  if (epoch <= state.epoch) return state;
  return loss < state.best - minDelta
    ? { epoch, best: loss, waited: 0 }
    : { epoch, best: state.best, waited: state.waited + 1 };
}
