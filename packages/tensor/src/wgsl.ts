import type { Functions } from '@hourglass/shaders/declaration.ts';
import {
  cumulativeNormal,
  extremes,
  power,
  scaledSigmoid,
  series,
  sine,
  softplus,
} from '@hourglass/shaders/functions.ts';

/** Values of a kernel's named constants: numbers and booleans become `const`s, strings replace the name as a word. */
export type Constants = Readonly<Record<string, number | boolean | string>>;

/**
 * The WGSL that the driver receives: features, constants and functions above the text of a kernel in `shaders/`. Two
 * notations extend WGSL. A constant that is a string replaces its name in the text (a type, an expression). And
 * `@unroll for (var i = 0u; i < N; i++) { … }` is expanded with i = 0u, 1u, …, because an array indexed by a variable
 * would be in memory and not in registers.
 * @throws Error if the bound of an unrolled loop is not a number among the constants
 */
export function assemble(
  text: string,
  constants: Constants,
  functions: readonly string[],
  enabled: readonly string[] = [],
): string {
  const header = enabled.map((feature) => `enable ${feature};`);
  let body = text;
  for (const [name, value] of Object.entries(constants)) {
    if (typeof value === 'string') body = body.replace(new RegExp(`\\b${name}\\b`, 'g'), value);
    else header.push(`const ${name} = ${value};`);
  }
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

/** The texts of functions and of all functions that they call, each once. */
export function textsOf(functions: readonly Functions[]): string[] {
  const texts = new Set<string>();
  const visit = ({ text, calls = [] }: Functions): void => {
    calls.forEach(visit);
    texts.add(text);
  };
  functions.forEach(visit);
  return [...texts];
}

/** How formulas over `T` call a scalar function. */
interface Lifted {
  readonly one: string;
  readonly parameters: readonly string[];
  readonly from: Functions;
}

const of = (from: Functions, one: string, parameters = ['a']): Lifted => ({ one, parameters, from });

/** The scalar functions that formulas may call besides WGSL's own, by their names in formulas. */
const LIFTED: Readonly<Record<string, Lifted>> = {
  exponentials: of(series, 'exponential'),
  logarithms: of(series, 'logarithm'),
  hyperbolic_tangents: of(series, 'hyperbolic_tangent'),
  sines: of(sine, 'sine'),
  cosines: of(sine, 'cosine'),
  powers: of(power, 'power', ['a', 'b']),
  scaled_sigmoids: of(scaledSigmoid, 'scaled_sigmoid', ['a', 'b']),
  softpluses: of(softplus, 'softplus'),
  cumulative_normals: of(cumulativeNormal, 'cumulative_normal'),
};
const EXTREMES = ['larger', 'smaller', 'halved', 'rectified', 'signs'];

/** The engine's functions that the formulas or WGSL texts call, over vectors of `width` numbers. */
export function calledBy(formulas: readonly string[], width: number): Functions[] {
  const names = new Set(formulas.flatMap((formula) => formula.match(/\b\w+(?=\()/g) ?? []));
  const lifted = Object.entries(LIFTED).filter(([name]) => names.has(name));
  return [
    ...(EXTREMES.some((name) => names.has(name)) ? [extremes] : []),
    ...lifted.map((entry) => lift(entry, width)),
  ];
}

function lift([name, { one, parameters, from }]: [string, Lifted], width: number): Functions {
  const at = (component: string): string =>
    `${one}(${parameters.map((parameter) => parameter + component).join(', ')})`;
  const value = width === 1 ? at('') : `T(${['.x', '.y', '.z', '.w'].map(at).join(', ')})`;
  const signature = `fn ${name}(${parameters.map((parameter) => `${parameter}: T`).join(', ')}) -> T`;
  return { text: `${signature} { return ${value}; }`, calls: [from] };
}
