import { describe, expect, test } from 'vitest';
import { DataError, parseDelimited } from '../../src/index.ts';

/** Names and values of the columns. */
const read = (text: string): Record<string, unknown[]> =>
  Object.fromEntries(parseDelimited(text, 'a.csv').columns.map(({ name, values }) => [name, [...values]]));
const failure = (text: string): string => {
  try {
    parseDelimited(text, 'a.csv');
  } catch (error) {
    if (error instanceof DataError) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('dialects of delimited text', () => {
  const table = { x: [1.5, -2, 3e3], y: [4, 5, 6] };
  test.each([
    ['commas', 'x,y\n1.5,4\n-2,5\n3e3,6\n'],
    ['no line break at the end', 'x,y\n1.5,4\n-2,5\n3e3,6'],
    ['semicolons and decimal commas', 'x;y\n1,5;4\n-2;5\n3e3;6\n'],
    ["Excel's first line", 'sep=;\nx;y\n1,5;4\n-2;5\n3e3;6\n'],
    ['tabs', 'x\ty\n1.5\t4\n-2\t5\n3e3\t6\n'],
    ['bars', 'x|y\n1.5|4\n-2|5\n3e3|6\n'],
    ['several spaces', '  x   y\n  1.5   4\n   -2  5\n 3e3  6\n'],
    [
      'a byte order mark, CRLF, quotes, spaces and comments',
      '\ufeff# made by hand\r\n"x", "y"\r\n"1.5", 4\r\n\r\n% more\r\n-2 ,"5"\r\n3e3,6\r\n',
    ],
    ['only CR', 'x,y\r1.5,4\r-2,5\r3e3,6\r'],
  ])('%s', (_, text) => expect(read(text)).toEqual(table));

  test('without a header, columns are named by number', () => {
    expect(read('1,2\n3,4\n')).toEqual({ 1: [1, 3], 2: [2, 4] });
  });

  test('a header that numbers the columns is not data', () => {
    expect(read('0,1,2\n5,5,5\n6,6,6\n')).toEqual({ 0: [5, 6], 1: [5, 6], 2: [5, 6] });
    expect(read(',0,1,2\n0,5,5,5\n1,6,6,6\n')).toEqual({ 'Unnamed: 0': [0, 1], 0: [5, 6], 1: [5, 6], 2: [5, 6] });
  });

  test('words are read as words, including doubled quotes and delimiters in quotes', () => {
    expect(read('x,kind\n1,"a,b"\n2,"say ""c"""\n')).toEqual({ x: [1, 2], kind: ['a,b', 'say "c"'] });
  });

  test('a quoted cell continues in the next line', () => {
    expect(read('x,kind\n1,"a\nb"\n2,c\n')).toEqual({ x: [1, 2], kind: ['a\nb', 'c'] });
  });

  test('the usual words for a missing number are gaps', () => {
    expect(read('x,y\n1,\nNA,2\n,nan\n3,null\n')).toEqual({
      x: [1, Number.NaN, Number.NaN, 3],
      y: [Number.NaN, 2, Number.NaN, Number.NaN],
    });
  });

  test('a decimal comma may come late', () => {
    const values = [...new Array<number>(150).fill(7), 56.5];
    expect(read(`x;y\n${values.map((value) => `${value};1\n`.replace('.', ',')).join('')}`).x).toEqual(values);
  });

  test('a delimiter at the end of every line does not create a column', () => {
    expect(read('1,2,\n3,4,\n')).toEqual({ 1: [1, 3], 2: [2, 4] });
  });
});

describe('text that is not a table', () => {
  test('the error names the line of a row with another length', () => {
    expect(failure('x,y\n1,2\n3\n')).toMatch(/a\.csv, line 3 has 1 cell instead of 2/);
    expect(failure(`x,y\n${'1,2\n'.repeat(200)}3,4,5\n`)).toMatch(/line 202 has 3 cells instead of 2/);
  });

  test('no rows, only a header, and an unclosed quotation mark', () => {
    expect(failure('\n# nothing\n')).toMatch(/a\.csv is empty/);
    expect(failure('x,y\n')).toMatch(/header, but no row/);
    expect(failure('x,y\n1,"2\n3,4\n')).toMatch(/line 2 opens a quotation mark that is never closed/);
  });

  test('a header above numbers with a few faults', () => {
    const { columns } = parseDelimited('x\n1\n2\ninf\n', 'a.csv');
    expect(columns).toMatchObject([{ name: 'x', fault: { row: 2, text: 'inf' } }]);
  });

  test('a million columns', () => {
    const line = `${'1,'.repeat(999_999)}1\n`;
    expect(failure(line + line)).toMatch(/1000000 columns, but a series has at most 100000 numbers/);
  });
});
