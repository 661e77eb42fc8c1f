/** When a validation loss counts as no longer falling. */
export interface PlateauOptions {
  /** Epochs without improvement before training reacts. */
  readonly patience: number;
  /** A loss is an improvement if it is below the best one by more than this. Default 0. */
  readonly minDelta?: number;
}

/** How a plateau reduces the learning rate. */
export interface ReduceOptions extends PlateauOptions {
  /** The learning rate is multiplied by this. Default 0.1. */
  readonly factor?: number;
}

/** The state of plateau detection between epochs. Checkpoints store it. */
export interface PlateauState {
  /** The last epoch judged. */
  readonly epoch: number;
  /** The lowest loss so far. */
  readonly best: number;
  /** Epochs since the lowest loss. */
  readonly waited: number;
}

/** The state before the first epoch. The largest number represents infinity, which JSON lacks. */
const BEGINNING: PlateauState = { epoch: 0, best: Number.MAX_VALUE, waited: 0 };

/** The state after an epoch with this loss; NaN is not an improvement. Judging the same epoch again changes nothing. */
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
