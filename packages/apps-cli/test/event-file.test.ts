import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { crc32c, EventFile } from '../src/io/event-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'events-'));
});
afterAll(() => rm(folder, { recursive: true }));

test.each([
  ['123456789', Buffer.from('123456789'), 0xe3069283],
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
])('the checksum of %s is that of RFC 3720', (_, bytes, crc) => {
  expect(crc32c(bytes)).toBe(crc);
});

/** A white and a black pixel, written by TensorFlow. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVQImWP4zwAAAgEBACqxsiUAAAAASUVORK5CYII=';

/** The events below, written by TensorBoard's protocol buffers and TensorFlow's TFRecordWriter. */
const EVENTS =
  'GAAAAAAAAACjf0siCQAAIED8VNlBGg1icmFpbi5FdmVudDoyKzUxECsAAAAAAAAAhhvDSwkAACBA/FTZQRADKh4KCwoEbG9zcxXNzMw9' +
  'Cg8KCHZhbF9sb3NzFQAAgD43KFXfaAAAAAAAAAD+nHrUCQAAIED8VNlBEKwCKloKWAoIcHJvZ3Jlc3MiTAgBEAIYBCJEiVBORw0KGgoA' +
  'AAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVQImWP4zwAAAgEBACqxsiUAAAAASUVORK5CYIJru7CX';

test('the events have the bytes that TensorFlow writes', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_500 });
  try {
    const path = join(folder, 'events');
    const events = new EventFile(path);
    events.scalars(3, { loss: 0.1, val_loss: 0.25 });
    events.picture(300, 'progress', Buffer.from(PNG, 'base64'));
    expect((await readFile(path)).toString('base64')).toBe(EVENTS);
  } finally {
    vi.useRealTimers();
  }
});
