/** What random numbers are drawn for: each has a Philox stream of its own, independent of all others. */
export const STREAMS = { initialization: 1, noise: 2, epsilon: 3, validation: 4 } as const;
