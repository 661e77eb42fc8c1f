/** Values of a kernel's named constants: numbers and booleans become `const`s, strings replace the name as words. */
export type Constants = Readonly<Record<string, number | boolean | string>>;

/**
 * The WGSL that the driver gets: a header of constants and functions above the text of a kernel in `shaders/`.
 * Two notations go beyond WGSL. A constant that is a string replaces its name in the text (a type, an address space). And
 * `@unroll for (var i = 0u; i < N; i++) { … }` is written out with i = 0u, 1u, …, since an array indexed by a variable
 * would be kept in memory and not in registers.
 */
export function assemble(text: string, constants: Constants, functions: readonly string[]): string {
  const header: string[] = [];
  let body = text;
  for (const [name, value] of Object.entries(constants)) {
    if (typeof value === 'string') body = body.replace(new RegExp(`\\b${name}\\b`, 'g'), value);
    else header.push(`const ${name} = ${value};`);
  }
  if (body.includes('subgroupBroadcast')) header.unshift('enable subgroups;');
  return unroll([...header, ...functions, body].join('\n'), constants);
}

const LOOP = /@unroll for \(var (\w+) = 0u; \1 < (\w+); \1\+\+\) \{/;

function unroll(text: string, constants: Constants): string {
  const match = LOOP.exec(text);
  if (match === null) return text;
  const [opening, variable, bound] = match as unknown as [string, string, string];
  const count = /^\d+u?$/.test(bound) ? Number.parseInt(bound, 10) : constants[bound];
  if (typeof count !== 'number') throw new Error(`@unroll: ${bound} is not a number among the kernel's constants.`);
  const start = match.index + opening.length;
  let end = start;
  for (let depth = 1; depth > 0; end++) {
    if (text[end] === '{') depth++;
    if (text[end] === '}') depth--;
  }
  const body = text.slice(start, end - 1);
  const copies = Array.from(
    { length: count },
    (_, i) => `{${body.replace(new RegExp(`\\b${variable}\\b`, 'g'), `${i}u`)}}`,
  );
  return text.slice(0, match.index) + unroll(copies.join('\n'), constants) + unroll(text.slice(end), constants);
}
