/** Numbers of a series or a window, for each channel. */
export const SHORTEST = 8;
export const LONGEST = 100_000;
