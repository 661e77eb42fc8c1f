import { readdirSync } from 'node:fs';
import type { Functions, Kernel } from '@hourglass/shaders/declaration.ts';
import * as functions from '@hourglass/shaders/functions.ts';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { MemoryOperand, Words } from '../src/dispatch.ts';
import type { KernelCall } from '../src/kernel-call.ts';

// TypeScript checks calls against declarations; these tests check the declarations against the WGSL.
const folder = new URL('../../../shaders/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
const kernels: [string, Kernel][] = [];
for (const file of files) {
  const { default: declared } = (await import(`../../../shaders/${file}`)) as { default?: Partial<Kernel> };
  if (declared?.bindings !== undefined) kernels.push([file, declared as Kernel]);
}

/** A text without its comments. */
const codeOf = (text: string): string => text.replace(/\/\/.*$/gm, '');
const namesIn = (code: string, pattern: RegExp): string[] => [...new Set(code.match(pattern) ?? [])];
/** Functions and types that a text defines or declares. */
const definedIn = (code: string): string[] =>
  [...code.matchAll(/\b(?:fn|struct|const) (\w+)/g)].map(([, name]) => name!);

const BUILT_IN =
  /^(abs|all|array|bitcast|bool|f32|fma|floor|i32|mat4x4f|max|min|round|select|sqrt|transpose|u32|vec[234][fiu]|workgroupBarrier|workgroup_size|group|binding|builtin|if|for|while)$/;

/** A kernel's own code and that of the functions it calls, without the functions generated for a dispatch. */
function codeWith({ text, calls = [] }: Functions): string {
  return [...calls.map(codeWith), codeOf(text)].join('\n');
}

/** Names that every kernel of its kind may use but need not. */
function offeredTo({ grid, vector }: Kernel): string[] {
  return ['T', 'I', 'LANES', grid === 'lanes' ? 'ROW' : 'unfolded', ...(vector ? ['WIDTH'] : [])];
}

/** Names that the kernel requires. */
function askedBy({ constants, subgroup, fused = [], given = [] }: Kernel): string[] {
  const shared = subgroup ? ['SUBGROUP', 'SUBGROUP_LANE', 'BROADCAST'] : [];
  return [...Object.keys(constants), ...shared, ...fused, ...given];
}

test('every kernel has a declaration', () => {
  const declared = kernels.map(([file]) => file.replace('.ts', '.wgsl'));
  const texts = readdirSync(folder).filter((file) => file.endsWith('.wgsl'));
  const parts = Object.values<Functions>(functions).map(({ text }) => text);
  const whole = kernels.map(([, { text }]) => text);
  expect(declared.filter((file) => !texts.includes(file))).toEqual([]);
  // One text is part of other texts, and one belongs to an operation.
  expect(texts).toHaveLength(declared.length + parts.length + ['tiled_product', 'extreme_index'].length);
  expect(new Set([...parts, ...whole]).size).toBe(parts.length + whole.length);
});

describe.each(kernels)('%s declares', (_, kernel) => {
  const code = codeOf(kernel.text);
  // Functions of other files may need constants of the kernel.
  const all = codeWith(kernel) + (kernel.fused?.includes('store') ? codeWith(functions.storeScalars) : '');

  test('the bindings of its text', () => {
    const bound = [...code.matchAll(/@group\(0\) @binding\((\d+)\) var<(?:storage, )?(\w+)> (\w+):/g)];
    expect(bound.map(([, binding]) => Number(binding))).toEqual(bound.map((_, i) => i));
    const accesses = bound.map(([, , access, name]) => [name, access]);
    expect(accesses).toEqual(Object.entries(kernel.bindings));
  });

  test('exactly the names that its text uses', () => {
    const capitals = namesIn(all, /\b[A-Z][A-Z_\d]*\b/g);
    const known = [...askedBy(kernel), ...offeredTo(kernel), ...definedIn(all)];
    expect(capitals.filter((name) => !known.includes(name))).toEqual([]);
    const joined = kernel.given?.includes('joined') ? codeWith(functions.joinMembers) : '';
    const used = namesIn(all + joined, /\b\w+\b/g);
    expect(askedBy(kernel).filter((name) => !used.includes(name))).toEqual([]);
  });

  test('the functions that it calls', () => {
    const called = namesIn(code, /\b[a-zA-Z]\w*(?=\()/g).filter((name) => !BUILT_IN.test(name));
    const known = [...definedIn(codeWith(kernel)), ...askedBy(kernel), ...offeredTo(kernel)];
    expect(called.filter((name) => !known.includes(name))).toEqual([]);
    // A constant may be replaced by any function.
    const open = called.some((name) => kernel.constants[name] === 'words');
    for (const { text } of kernel.calls ?? [])
      expect(open || called.some((name) => definedIn(codeOf(text)).includes(name))).toBe(true);
  });
});

test('a call has the buffers, constants and functions that the declaration asks for', () => {
  const kernel = {
    text: '',
    bindings: { x: 'read', y: 'read_write', n: 'uniform' },
    constants: { SIZE: 'number', DEEP: 'boolean', TYPE: 'words' },
    grid: 'lanes',
    vector: true,
    fused: ['value'],
    given: ['joined'],
  } as const satisfies Kernel;
  type Call = KernelCall<typeof kernel>;
  expectTypeOf<Call['buffers']>().toEqualTypeOf<{
    readonly x: MemoryOperand;
    readonly y: MemoryOperand;
    readonly n: Words;
  }>();
  expectTypeOf<Call['constants']>().toEqualTypeOf<{
    readonly SIZE: number;
    readonly DEEP: boolean;
    readonly TYPE: string;
  }>();
  expectTypeOf<Call['functions']>().toEqualTypeOf<{ readonly joined: string }>();
  expectTypeOf<Call['width']>().toEqualTypeOf<1 | 4>();
  expectTypeOf<Call['lanes']>().toEqualTypeOf<number>();
  expectTypeOf<Call>().not.toHaveProperty('workgroups');
  expectTypeOf<Call>().not.toHaveProperty('shared');
});
