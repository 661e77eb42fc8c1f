import { checkNumber } from './check.ts';

/** When a validation loss counts as no longer falling. */
export interface PlateauOptions {
  /** Epochs without improvement before training reacts. 0 is the same as 1, as in Keras. */
  readonly patience: number;
  /** A loss is an improvement if it is below the best one by more than this. Default 0. */
  readonly minDelta?: number | undefined;
}

/** How a plateau reduces the learning rate. */
export interface ReduceOptions extends PlateauOptions {
  /** The learning rate is multiplied by this. Above 0 and below 1; default 0.1. */
  readonly factor?: number | undefined;
}

/** The state of plateau detection between epochs. Checkpoints store it. */
export interface PlateauState {
  /** The last epoch judged. */
  readonly epoch: number;
  /** The lowest loss so far. */
  readonly best: number;
  /** Epochs since the lowest loss, or since the plateau last reduced the learning rate. */
  readonly waited: number;
}

/** What a trainer does when the validation loss no longer falls. */
export interface PlateauRules {
  /**
   * Reduces the learning rate when the validation loss has not improved for `patience` epochs (Keras's
   * ReduceLROnPlateau).
   */
  readonly reduceOnPlateau?: ReduceOptions | undefined;
  /**
   * Sets {@link Trainer.stopped} when the validation loss has not improved for `patience` epochs (Keras's
   * EarlyStopping).
   */
  readonly earlyStopping?: PlateauOptions | undefined;
}

/** The states of the rules in use, and the factor that the learning rate has been reduced by. */
export interface PlateauStates {
  readonly stopping?: PlateauState | undefined;
  readonly reducing?: PlateauState | undefined;
  /** Default 1. */
  readonly rateFactor?: number | undefined;
}

/** The state before the first epoch. The largest number represents infinity, which JSON lacks. */
const BEGINNING: PlateauState = { epoch: 0, best: Number.MAX_VALUE, waited: 0 };

/** Judges the validation loss of every epoch by {@link PlateauRules}. */
export class Plateaus {
  /** The factor that the learning rate has been reduced by. */
  rateFactor = 1;
  private readonly rules: PlateauRules;
  private stopping: PlateauState | undefined;
  private reducing: PlateauState | undefined;

  /** @throws RangeError if a number in the rules is not what {@link PlateauOptions} and {@link ReduceOptions} say */
  constructor(rules: PlateauRules) {
    for (const name of ['earlyStopping', 'reduceOnPlateau'] as const) {
      const rule: ReduceOptions | undefined = rules[name];
      if (rule === undefined) continue;
      const { patience, minDelta = 0, factor = 0.1 } = rule;
      checkNumber(`${name}: patience`, patience, patience >= 0, 'a number of 0 or more');
      checkNumber(`${name}: minDelta`, minDelta, minDelta >= 0, 'a number of 0 or more');
      checkNumber(`${name}: factor`, factor, factor > 0 && factor < 1, 'above 0 and below 1');
    }
    this.rules = rules;
  }

  /** Whether `earlyStopping` asks to stop. */
  get stopped(): boolean {
    const { earlyStopping } = this.rules;
    return earlyStopping !== undefined && isOver(this.stopping, earlyStopping);
  }

  judge(epoch: { readonly epoch: number; readonly loss: number }): void {
    const { earlyStopping, reduceOnPlateau } = this.rules;
    if (earlyStopping !== undefined) this.stopping = judged(this.stopping, epoch, earlyStopping);
    if (reduceOnPlateau === undefined) return;
    this.reducing = judged(this.reducing, epoch, reduceOnPlateau);
    if (!isOver(this.reducing, reduceOnPlateau)) return;
    this.rateFactor *= reduceOnPlateau.factor ?? 0.1;
    this.reducing = { ...this.reducing, waited: 0 };
  }

  read(): PlateauStates {
    const { stopping, reducing, rateFactor } = this;
    return { ...(stopping && { stopping }), ...(reducing && { reducing }), ...(rateFactor !== 1 && { rateFactor }) };
  }

  write({ stopping, reducing, rateFactor = 1 }: PlateauStates): void {
    this.stopping = stopping;
    this.reducing = reducing;
    this.rateFactor = rateFactor;
  }
}

/** Whether there were `patience` epochs without improvement, at least one. */
const isOver = ({ waited } = BEGINNING, { patience }: PlateauOptions): boolean => waited >= Math.max(1, patience);

/** The state after an epoch with this loss; NaN is not an improvement. Judging the same epoch again changes nothing. */
function judged(
  state: PlateauState = BEGINNING,
  { epoch, loss }: { readonly epoch: number; readonly loss: number },
  { minDelta = 0 }: PlateauOptions,
): PlateauState {
  if (epoch <= state.epoch) return state;
  return loss < state.best - minDelta
    ? { epoch, best: loss, waited: 0 }
    : { epoch, best: state.best, waited: state.waited + 1 };
}
