import concatKernel from '@hourglass/shaders/concat.ts';
import type { Copy, Dispatch, MemoryOperand } from '../dispatch.ts';
import type { Lowering } from '../lowering.ts';
import { ALIGNMENT, align } from '../storage.ts';
import type { Tensor } from '../tensor.ts';

/** Elements between possible starts of a binding. */
const STEP = ALIGNMENT / 4;

interface Runs {
  /** Elements of the operand that are contiguous in the result. */
  readonly run: number;
  /** Elements of the result from the start of one run to the next. */
  readonly totalRun: number;
  /** Where the first run begins in the result. */
  readonly start: number;
  readonly copies?: Copy;
}

/** Copies an operand into the result run by run, in pieces if either is larger than one binding may be. */
export function copyInto(lowering: Lowering, operand: Tensor, { run, totalRun, start, copies }: Runs): Dispatch[] {
  const [from, into] = [lowering.input(operand), lowering.output()];
  const { bindingLimit } = operand.device;
  const copy = (
    first: number,
    count: number,
    skip: number,
    to: number,
    input: MemoryOperand,
    output: MemoryOperand,
  ): Dispatch =>
    lowering.dispatch(concatKernel, {
      constants: { RUN: run, TOTAL_RUN: totalRun },
      ...(copies === undefined ? {} : { copies }),
      buffers: { input, output, given: { words: [first, count, skip, to >>> 0] } },
      lanes: count,
    });
  if (Math.max(from.buffer.bytes, into.buffer.bytes) <= bindingLimit)
    return [copy(0, operand.size, 0, start, from, into)];

  // A piece is several runs, or a part of one. Its bindings extend up to one step beyond it at each end.
  const most = Math.floor(bindingLimit / 4) - 2 * STEP;
  const whole = Math.floor(most / totalRun) * run;
  const dispatches: Dispatch[] = [];
  let count: number;
  for (let first = 0; first < operand.size; first += count) {
    count = whole > 0 ? Math.min(whole, operand.size - first) : Math.min(most, run - (first % run));
    const place = (n: number): number => Math.floor(n / run) * totalRun + (n % run) + start;
    const [skip, base] = [first % STEP, Math.floor(place(first) / STEP) * STEP];
    const input = { ...from, offset: (first - skip) * 4, bytes: align((skip + count) * 4, 16) };
    const output = { ...into, offset: base * 4, bytes: align((place(first + count - 1) + 1 - base) * 4, 16) };
    dispatches.push(copy(first, count, skip, start - base, input, output));
  }
  return dispatches;
}
