/** Labels are bytes. */
const MOST_CLASSES = 256;

/** What images are of. */
export interface Classes {
  /** Sorted; empty where there are none. */
  readonly names: readonly string[];
  /** The number of each image's class. */
  readonly labels: Uint8Array;
  /** Why what looks like classes is none; undefined if nothing does. */
  readonly why?: string;
}

/** The folder that each of some paths lies in below the folder that is common to all; undefined where one lies in none. */
export function foldersOf(paths: readonly string[]): string[] | undefined {
  const parts = paths.map((path) => path.split('/').slice(0, -1));
  const [first = []] = parts;
  let depth = 0;
  while (depth < first.length && parts.every((own) => own[depth] === first[depth])) depth++;
  if (parts.some((own) => own.length <= depth)) return undefined;
  return parts.map((own) => own[depth]!);
}

/** @param words the class of each image; undefined: nobody has said */
export function classesOf(words: readonly string[] | undefined): Classes {
  const none = { names: [], labels: new Uint8Array() };
  if (words === undefined) return none;
  const names = [...new Set(words)].sort(byNumberOrWord);
  if (names.length < 2) return none;
  if (names.length > MOST_CLASSES)
    return {
      ...none,
      why: `There are ${names.length} folders or labels; more than ${MOST_CLASSES} are taken for no classes.`,
    };
  const numbers = new Map(names.map((name, i) => [name, i]));
  return { names, labels: Uint8Array.from(words, (word) => numbers.get(word)!) };
}

/** 2 comes before 10. */
function byNumberOrWord(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  return Number.isNaN(difference) || difference === 0 ? (a < b ? -1 : 1) : difference;
}
