import { located } from '@hourglass/tensor';
/** For callers without types: a layer that leaves out what it was asked for would compute something else without a word. */

/** @throws TypeError if there is an option of another name, or an argument after the last that `layer` takes */
export function checkOptions(
  layer: string,
  options: object,
  allowed: readonly string[],
  surplus: readonly unknown[] = [],
): void {
  const unknown = Object.keys(options).find((name) => !allowed.includes(name));
  const has = allowed.length === 0 ? 'has no options' : `has the options ${allowed.join(', ')}`;
  if (unknown !== undefined) throw new TypeError(located(`${layer}: there is no option '${unknown}'; it ${has}.`));
  if (surplus.length > 0) {
    const given = JSON.stringify(surplus[0]) ?? String(surplus[0]);
    throw new TypeError(located(`${layer}: ${given} is one argument too many; activations are layers of their own.`));
  }
}

/** A number for height and width, or one for each. */
export type Pair = number | readonly [height: number, width: number];

/** Both numbers of a pair. @throws RangeError unless they are whole numbers from 1 on */
export function bothOf(layer: string, name: string, value: Pair): readonly [number, number] {
  const both: readonly number[] = typeof value === 'object' ? value : [value, value];
  if (both.length !== 2 || !both.every((count) => Number.isInteger(count) && count >= 1)) {
    throw new RangeError(
      located(`${layer}: ${name} is ${JSON.stringify(value)}; it must be a whole number from 1 on, or two of them.`),
    );
  }
  return both as readonly [number, number];
}

/** A pair as a setting: one number where both are the same, as Keras's files are read. */
export const asSetting = ([height, width]: readonly [number, number]): number | string =>
  height === width ? height : `[${height},${width}]`;

/** @throws RangeError unless all are whole numbers from 1 on */
export function checkCounts(layer: string, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (!Number.isInteger(count) || count < 1)
      throw new RangeError(
        located(`${layer}: ${name} is ${JSON.stringify(count)}; it must be a whole number from 1 on.`),
      );
  }
}
