import { located } from '@hourglass/tensor';
/** For callers without types: a layer that ignored an option would silently compute something else. */

/** @throws TypeError if there is an unknown option, or an argument after the last one that `layer` takes */
export function checkOptions(
  layer: string,
  options: object,
  allowed: readonly string[],
  surplus: readonly unknown[] = [],
): void {
  const unknown = Object.keys(options).find((name) => !allowed.includes(name));
  const has = allowed.length === 0 ? 'has no options' : `has the options ${allowed.join(', ')}`;
  if (unknown !== undefined) throw new TypeError(located(`${layer}: unknown option '${unknown}'; the layer ${has}.`));
  if (surplus.length > 0) {
    const given = JSON.stringify(surplus[0]) ?? String(surplus[0]);
    throw new TypeError(located(`${layer}: ${given} is one argument too many; activations are separate layers.`));
  }
}

/** One number for both height and width, or one for each. */
export type Pair = number | readonly [height: number, width: number];

/** Both numbers of a pair. @throws RangeError unless they are whole numbers of 1 or more */
export function bothOf(layer: string, name: string, value: Pair): readonly [number, number] {
  const both: readonly number[] = typeof value === 'object' ? value : [value, value];
  if (both.length !== 2 || !both.every((count) => Number.isInteger(count) && count >= 1)) {
    throw new RangeError(
      located(`${layer}: ${name} is ${JSON.stringify(value)}; it must be a whole number of 1 or more, or two of them.`),
    );
  }
  return both as readonly [number, number];
}

/** A pair as a setting: one number if both are the same, as in settings read from Keras's files. */
export const asSetting = ([height, width]: readonly [number, number]): number | string =>
  height === width ? height : `[${height},${width}]`;
