import { located } from '@hourglass/tensor';

/**
 * @throws RangeError unless `value` is a number and `holds`
 * @param name the function, and its argument
 * @param rule what the value must be
 */
export function checkNumber(name: string, value: number, holds: boolean, rule: string): void {
  if (typeof value === 'number' && holds) return;
  const found = typeof value === 'number' ? value : JSON.stringify(value);
  throw new RangeError(located(`${name} is ${found}; it must be ${rule}.`));
}

/** @throws RangeError unless `value` is a number of 0 or more and below 1 */
export const checkShare = (name: string, value: number): void =>
  checkNumber(name, value, value >= 0 && value < 1, 'a number of 0 or more and below 1');

/** @throws RangeError unless all are whole numbers of 1 or more */
export function checkCounts(of: string, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts))
    checkNumber(`${of}: ${name}`, count, Number.isInteger(count) && count >= 1, 'a whole number of 1 or more');
}
