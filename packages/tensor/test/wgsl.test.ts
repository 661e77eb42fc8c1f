import { expect, test } from 'vitest';
import { assemble } from '../src/wgsl.ts';

/** Without white space, which has no meaning here. */
const compact = (text: string): string => text.replace(/\s+/g, '');

test('numbers and booleans become constants above the functions and the text', () => {
  expect(assemble('body', { N: 4, DEEP: true }, ['function'])).toBe('const N = 4;\nconst DEEP = true;\nfunction\nbody');
});

test('strings replace their name as a word in the kernel, and nowhere else', () => {
  expect(assemble('array<TYPE> MY_TYPE TYPES', { TYPE: 'vec4f' }, ['TYPE'])).toBe('TYPE\narray<vec4f> MY_TYPE TYPES');
});

test('a loop is unrolled with its variable as a number', () => {
  const text = '@unroll for (var i = 0u; i < N; i++) { a[i] = min(i, 1); }';
  expect(compact(assemble(text, { N: 2 }, []))).toBe('constN=2;{a[0u]=min(0u,1);}{a[1u]=min(1u,1);}');
  expect(compact(assemble(text.replace('< N', '< 3u'), {}, []))).toBe(
    '{a[0u]=min(0u,1);}{a[1u]=min(1u,1);}{a[2u]=min(2u,1);}',
  );
});

test('loops nest, with braces of other statements in between, and follow each other', () => {
  const text = `
    @unroll for (var i = 0u; i < TWO; i++) {
      if (x) { y; }
      @unroll for (var j = 0u; j < 2u; j++) { z[i][j]; }
    }
    @unroll for (var i = 0u; i < 1u; i++) { w[i]; }
    end`;
  expect(compact(assemble(text, { TWO: 2 }, []))).toBe(
    compact(`const TWO = 2;
      { if (x) { y; } { z[0u][0u]; } { z[0u][1u]; } }
      { if (x) { y; } { z[1u][0u]; } { z[1u][1u]; } }
      { w[0u]; } end`),
  );
});

test('a loop with no iterations leaves nothing', () => {
  expect(compact(assemble('@unroll for (var i = 0u; i < N; i++) { a; } b', { N: 0 }, []))).toBe('constN=0;b');
});

test('a loop whose bound is not a constant number throws an error that names it', () => {
  expect(() => assemble('@unroll for (var i = 0u; i < N; i++) { }', {}, [])).toThrow(/N is not a number/);
});
