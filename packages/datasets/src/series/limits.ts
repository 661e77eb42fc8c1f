/** Smallest and largest number of instants in a series or a window. */
export const SHORTEST = 8;
export const LONGEST = 100_000;
