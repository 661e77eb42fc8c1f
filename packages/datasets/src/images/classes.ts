/** Labels are bytes. */
const MOST_CLASSES = 256;

/** The classes of images. */
export interface Classes {
  /** Sorted; empty if there are no classes. */
  readonly names: readonly string[];
  /** The index of each image's class. */
  readonly labels: Uint8Array;
  /** Why folders or labels are not taken as classes; undefined if they are, or if there are none. */
  readonly why?: string;
}

/** For each path, its folder below the folder common to all paths; undefined if a path has no such folder. */
export function foldersOf(paths: readonly string[]): string[] | undefined {
  const parts = paths.map((path) => path.split('/').slice(0, -1));
  const [first = []] = parts;
  let depth = 0;
  while (depth < first.length && parts.every((own) => own[depth] === first[depth])) depth++;
  if (parts.some((own) => own.length <= depth)) return undefined;
  return parts.map((own) => own[depth]!);
}

/** @param words the class of each image; undefined if unknown */
export function classesOf(words: readonly string[] | undefined): Classes {
  const none = { names: [], labels: new Uint8Array() };
  if (words === undefined) return none;
  const names = [...new Set(words)].sort(byNumberOrWord);
  if (names.length < 2) return none;
  if (names.length > MOST_CLASSES)
    return {
      ...none,
      why: `There are ${names.length} folders or labels; more than ${MOST_CLASSES} are not taken as classes.`,
    };
  const numbers = new Map(names.map((name, i) => [name, i]));
  return { names, labels: Uint8Array.from(words, (word) => numbers.get(word)!) };
}

/** Sorts 2 before 10. */
function byNumberOrWord(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  return Number.isNaN(difference) || difference === 0 ? (a < b ? -1 : 1) : difference;
}
