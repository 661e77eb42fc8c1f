import type { Detector } from '@hourglass/experiments';
import { expect, test } from 'vitest';
import { seriesIn } from '../src/io/series-stream.ts';
import { streamReading } from '../src/run/series-input.ts';
import type { SeriesFlags } from '../src/run/series-settings.ts';

const detector = (of: Partial<Detector>): Detector => ({
  ...{ layout: 'recording', window: 8, stride: 1, model: 'dense', latent: 2, channels: ['x', 'y'], threshold: 1 },
  ...{ scaling: { offset: [0, 0], unit: [1, 1] }, reading: { columns: ['x', 'y'] } },
  ...of,
});
const RECORDING = detector({});
const SERIES = detector({ layout: 'series', channels: ['value'], reading: { label: 'kind' } });

/** The numbers and times of lines; each text arrives at once. */
async function read(texts: readonly string[], of: Detector, options: SeriesFlags & { out?: string } = {}) {
  const input = (async function* () {
    for (const text of texts) yield new TextEncoder().encode(text);
  })();
  const rows: { values: number[]; times: readonly string[] | undefined }[] = [];
  for await (const { recordings } of seriesIn(input, streamReading(options, of), of))
    for (const { values, times } of recordings) rows.push({ values: [...values], times });
  return rows;
}
const values = async (texts: readonly string[], of: Detector, options?: SeriesFlags) =>
  (await read(texts, of, options)).flatMap((row) => row.values);

const ROW = [1.5, 2, 3, 4, 5, 6, 7, 8];
const row = (delimiter = ',', comma = '.') => ROW.map((x) => String(x).replace('.', comma)).join(delimiter);
const instants = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join('');

test('a series per line is read like a file: decimal commas, numbered headers and labels', async () => {
  const names = 'a;b;c;d;e;f;g;h\n';
  expect(await values([names, `${row(';', ',')}\n`], SERIES)).toEqual(ROW);
  expect(await values(['0,1,2,3,4,5,6,7\n', `${row()}\n`], SERIES)).toEqual(ROW);
  expect(await values([`kind,${names.replaceAll(';', ',')}`, `good,${row()}\n`], SERIES)).toEqual(ROW);
});

test('a series that can be no header is read before the next line arrives', async () => {
  const input = (async function* () {
    yield new TextEncoder().encode(`${row(';', ',')}\n`);
    throw new Error('the next line was asked for');
  })();
  const sets = seriesIn(input, streamReading({}, SERIES), SERIES);
  expect([...(await sets.next()).value!.recordings[0]!.values]).toEqual(ROW);
});

test('instants have the times of their column, and columns without a purpose are skipped', async () => {
  const text = `t,spare,y,x,bad\n${instants(9, (i) => `${i + 0.5},0,${i},${10 * i},no`)}`;
  const [first] = await read([text], RECORDING, { label: 'bad' });
  expect([first!.values.slice(0, 4), first!.times!.slice(0, 2)]).toEqual([
    [0, 0, 10, 1],
    ['0.5', '1.5'],
  ]);
  const [other] = await read([text], RECORDING, { columns: ['spare', 'y'], time: 'x' });
  expect([other!.values.slice(0, 4), other!.times!.slice(0, 2)]).toEqual([
    [0, 0, 0, 1],
    ['0', '10'],
  ]);
});

test('without a header, lines contain the channels in their order', async () => {
  expect((await values([instants(9, (i) => `${i};${i},5`)], RECORDING)).slice(0, 4)).toEqual([0, 0.5, 1, 1.5]);
  await expect(values([instants(9, (i) => `${i},${i},0`)], RECORDING)).rejects.toThrow(
    'standard input, line 1 has 3 cells and is not a header. The model needs x, y: the first line must be the header',
  );
});

test('a gap is filled with the previous number, though it arrived earlier', async () => {
  const texts = [`x,y\n${instants(8, (i) => `${i},${i}`)}`, ',9\n'];
  await expect(values(texts, RECORDING)).rejects.toThrow(/numbers are missing in line 10/);
  expect((await values(texts, RECORDING, { fill: 'previous' })).slice(-2)).toEqual([7, 9]);
  expect((await values(texts, detector({ reading: { ...RECORDING.reading, fill: 'linear' } }))).slice(-2)).toEqual([
    7, 9,
  ]);
});

test.each<[SeriesFlags & { out?: string }, RegExp]>([
  [{ query: 'SELECT 1' }, /--query can't be used with standard input: a query needs all rows/],
  [{ id: 'pump' }, /--id can't be used/],
  [{ fill: 'linear' }, /--fill linear can't be used .* Use --fill previous/],
  [{ layout: 'series' }, /--layout series can't be used .* the model reads a recording/],
  [{ more: ['/b.csv'] }, /b\.csv can't be used/],
  [{ out: '/figures' }, /--out can't be used/],
])('%j is refused', (options, message) => {
  expect(() => streamReading(options, RECORDING)).toThrow(message);
});
