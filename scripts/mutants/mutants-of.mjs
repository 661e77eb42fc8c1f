/** Mutants of one file and its tests: the name of each, the `text` that is there just once, and what it becomes. */
export const mutantsOf = (file, tests, changes) =>
  changes.map(([name, text, replacement]) => ({ file, tests, name, text, replacement }));
