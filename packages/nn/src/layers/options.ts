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
  if (unknown !== undefined) throw new TypeError(`${layer}: there is no option '${unknown}'; it ${has}.`);
  if (surplus.length > 0) {
    const given = JSON.stringify(surplus[0]) ?? String(surplus[0]);
    throw new TypeError(`${layer}: ${given} is one argument too many; activations are layers of their own.`);
  }
}

/** @throws RangeError unless all are whole numbers from 1 on */
export function checkCounts(layer: string, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (!Number.isInteger(count) || count < 1)
      throw new RangeError(`${layer}: ${name} is ${JSON.stringify(count)}; it must be a whole number from 1 on.`);
  }
}
