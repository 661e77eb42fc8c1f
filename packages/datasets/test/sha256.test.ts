import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256Start } from '../src/sha256.ts';

test('the start of a SHA-256 equals Node’s, for any number of bytes', () => {
  const isNodes = (bytes: Uint8Array): void => {
    expect(sha256Start(bytes)).toBe(createHash('sha256').update(bytes).digest().readUInt32BE(0));
  };
  // Around 56 and 64 bytes, the length moves to another block.
  for (let length = 0; length <= 130; length++) isNodes(new Uint8Array(length).fill(length));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 1000 }), isNodes));
});
