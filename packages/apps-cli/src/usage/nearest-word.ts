/** The word of `known` that `word` was most likely meant to be, or undefined if none is close. */
export function nearestWord(word: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 2)) + 0.5;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

/** The message for a word that is not in `known`; `kind` is what the word should have been. */
export function unknownWord(kind: string, word: string, known: readonly string[]): string {
  const nearest = nearestWord(word, known);
  const advice = nearest === undefined ? `Choose one of: ${known.join(', ')}.` : `Did you mean '${nearest}'?`;
  return `unknown ${kind} '${word}'. ${advice}`;
}

/**
 * The least number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal
 * string alignment).
 */
export function editDistance(a: string, b: string): number {
  const row = (i: number) => Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : i));
  let [before, above] = [row(0), row(0)];
  for (let i = 1; i <= a.length; i++) {
    const current = row(i);
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(replaced, above[j]! + 1, current[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) current[j] = Math.min(current[j]!, before[j - 2]! + 1);
    }
    [before, above] = [above, current];
  }
  return above[b.length]!;
}
