/** @throws RangeError unless both counts are equal */
export function checkCount(figure: string, what: string, count: number, than: string, expected: number): void {
  if (count !== expected)
    throw new RangeError(`${figure} of ${expected} ${than} needs ${expected} ${what}, found ${count}.`);
}

/** @throws RangeError if a value is NaN or infinite and so has no place on an axis */
export function checkFinite(what: string, values: ArrayLike<number>): void {
  const wrong = Array.prototype.findIndex.call(values, (value) => !Number.isFinite(value));
  if (wrong >= 0)
    throw new RangeError(`A figure needs finite numbers; found ${values[wrong]} in the ${what}, at index ${wrong}.`);
}
