/**
 * Mutants of one file and its tests: the name of each, a `text` that the file contains exactly once, and its
 * replacement.
 */
export const mutantsOf = (file, tests, changes) =>
  changes.map(([name, text, replacement]) => ({ file, tests, name, text, replacement }));
