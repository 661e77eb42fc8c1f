import { located } from './caller.ts';
/**
 * The derivative of a WGSL formula with respect to one of its variables, as another formula over `T`. Formulas contain
 * numbers, one-letter variables, `+ - * /`, comparisons, `select`, and the functions of {@link RATES}. Operands of
 * comparisons count as constants. Returns '0' or '1' if the derivative is that number.
 * @throws Error that names a function without a known derivative, or text that is not part of a formula.
 */
export function differentiate(formula: string, variable: string): string {
  return rateOf(new Parser(formula).whole(), variable);
}

/** The derivatives of functions with respect to each argument. `a`, `b` and `c` are the arguments. */
const RATES: Readonly<Record<string, readonly string[]>> = {
  exponentials: ['exponentials(a)'],
  logarithms: ['T(1) / a'],
  hyperbolic_tangents: ['T(1) - hyperbolic_tangents(a) * hyperbolic_tangents(a)'],
  sines: ['cosines(a)'],
  cosines: ['-sines(a)'],
  sqrt: ['T(0.5) / sqrt(a)'],
  powers: [
    'select(b * powers(a, b - T(1)), T(0), b == T(0))',
    'select(powers(a, b) * logarithms(a), T(0), (a == T(0)) & (b >= T(0)))',
  ],
  // Not the rate of its quotient: that is 0 · ∞ where e⁻ᵇ is infinite.
  scaled_sigmoids: ['scaled_sigmoids(T(1), b)', 'scaled_sigmoids(a, b) * scaled_sigmoids(T(1), -b)'],
  softpluses: ['scaled_sigmoids(T(1), a)'],
  cumulative_normals: ['T(0.3989422804014327) * exponentials(T(-0.5) * a * a)'],
  abs: ['signs(a)'],
  rectified: ['select(T(0), T(1), a > T(0))'],
  larger: ['select(halved(a, b, T(1)), T(0), a < b)', 'select(halved(a, b, T(1)), T(0), b < a)'],
  smaller: ['select(halved(a, b, T(1)), T(0), b < a)', 'select(halved(a, b, T(1)), T(0), a < b)'],
  halved: ['0', '0', 'halved(a, b, T(1))'],
  signs: ['0'],
  floor: ['0'],
};

/** A subexpression of a formula, and its text. */
interface Part {
  readonly text: string;
  /** The function or operator; undefined for numbers and variables. */
  readonly of?: string;
  readonly operands: readonly Part[];
}

/** Operators by precedence, loosest first. */
const OPERATORS = [
  ['||', '|'],
  ['&&', '&'],
  ['==', '!=', '<=', '>=', '<', '>'],
  ['+', '-'],
  ['*', '/'],
] as const;
const TOKEN =
  /\s*([a-zA-Z_]\w*(?:<\w+>)?(?=\s*\()|[a-zA-Z_]\w*|0x[\da-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[=!<>]=|&&|\|\||[-+*/<>()&|,])/y;

class Parser {
  private readonly formula: string;
  private readonly tokens: string[] = [];
  private at = 0;

  constructor(formula: string) {
    this.formula = formula;
    TOKEN.lastIndex = 0;
    for (let end = 0; end < formula.trimEnd().length; end = TOKEN.lastIndex) {
      const match = TOKEN.exec(formula);
      if (match === null) throw this.error(formula.slice(end).trim());
      this.tokens.push(match[1]!);
    }
  }

  whole(): Part {
    const part = this.binary(0);
    if (this.at < this.tokens.length) throw this.error(this.tokens[this.at]!);
    return part;
  }

  private binary(level: number): Part {
    if (level === OPERATORS.length) return this.unary();
    let left = this.binary(level + 1);
    while ((OPERATORS[level] as readonly string[]).includes(this.tokens[this.at]!)) {
      const of = this.tokens[this.at++]!;
      const right = this.binary(level + 1);
      left = { of, operands: [left, right], text: `${left.text} ${of} ${right.text}` };
    }
    return left;
  }

  private unary(): Part {
    const token = this.tokens[this.at++];
    if (token === '-') {
      const operand = this.unary();
      return { of: 'negative', operands: [operand], text: `-${operand.text}` };
    }
    if (token === '(') {
      const inner = this.binary(0);
      this.expect(')');
      return { ...inner, text: `(${inner.text})` };
    }
    if (token === undefined || !/^[\w.]/.test(token)) throw this.error(token ?? 'its end');
    if (this.tokens[this.at] !== '(') return { operands: [], text: token };
    this.at++;
    const operands = [this.binary(0)];
    for (; this.tokens[this.at] === ','; operands.push(this.binary(0))) this.at++;
    this.expect(')');
    return { of: token, operands, text: `${token}(${operands.map(({ text }) => text).join(', ')})` };
  }

  private expect(token: string): void {
    if (this.tokens[this.at++] !== token) throw this.error(this.tokens[this.at - 1] ?? 'its end');
  }

  private error(at: string): Error {
    return new Error(
      located(`The formula '${this.formula}' can't be differentiated at '${at}'; give the operation its gradients.`),
    );
  }
}

function rateOf({ of, operands, text }: Part, variable: string): string {
  if (of === undefined) return text.replace(/[()]/g, '') === variable ? '1' : '0';
  if (/[=<>&|]/.test(of)) return '0';
  const rates = operands.map((operand) => rateOf(operand, variable));
  const [a, b] = operands.map((operand) => grouped(operand.text));
  const [da, db] = rates as [string, string];
  if (of === 'T') return da;
  if (rates.every((rate) => rate === '0')) return '0';
  if (of === '+') return plus(da, db);
  if (of === '-') return plus(da, negative(db));
  if (of === '*') return plus(times(da, b!), times(db, a!));
  if (of === '/') {
    const first = da === '0' ? '0' : `${grouped(da)} / ${b}`;
    return plus(first, negative(times(db, `(${a} / ${b}) / ${b}`)));
  }
  if (of === 'negative') return negative(da);
  if (of === 'select') return `select(${number(da)}, ${number(db)}, ${operands[2]!.text})`;
  const known = RATES[of];
  if (known === undefined)
    throw new Error(
      located(`The formula's function ${of} has no derivative that is known; give the operation its gradients.`),
    );
  const values: Record<string, string> = Object.fromEntries(
    operands.map((operand, i) => ['abc'[i], grouped(operand.text)]),
  );
  return known
    .map((rate, i) => times(rates[i]!, rate === '0' ? '0' : `(${rate.replace(/\b[abc]\b/g, (name) => values[name]!)})`))
    .reduce(plus);
}

const grouped = (text: string): string => (/^\w+$/.test(text) ? number(text) : `(${text})`);
/** Converts a bare 0 or 1 to `T`. */
const number = (text: string): string => (text === '0' || text === '1' ? `T(${text})` : text);
const negative = (a: string): string => (a === '0' ? '0' : `-${grouped(a)}`);

function plus(a: string, b: string): string {
  if (a === '0') return b;
  return b === '0' ? a : `${grouped(a)} + ${grouped(b)}`;
}

function times(a: string, b: string): string {
  if (a === '0' || b === '0') return '0';
  if (a === '1') return b;
  return b === '1' ? a : `${grouped(a)} * ${grouped(b)}`;
}
