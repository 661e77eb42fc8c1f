import type { Engine, Row, Timing } from './measure.ts';

/** A table as rows of cells; the first row contains the titles. */
export type Table = readonly (readonly string[])[];

interface Column {
  readonly title: string;
  readonly cell: (row: Row, timing: Timing, engine: Engine | undefined) => string;
}

const NONE = '-';
const megabytes = (bytes: number): string => figures(bytes / 1e6);

const COLUMNS: readonly Column[] = [
  { title: 'library', cell: ({ library }) => library },
  { title: 'ms/step', cell: (_, { milliseconds }) => figures(milliseconds.median) },
  { title: '10-90 %', cell: (_, { milliseconds: { low, high } }) => `${figures(low)}-${figures(high)}` },
  { title: 'cpu ms', cell: (_, { cpuMilliseconds }) => figures(cpuMilliseconds) },
  { title: 'x ours', cell: (_, { ratio }) => (ratio === undefined ? NONE : figures(ratio)) },
  {
    title: 'samples/s',
    cell: (_, { samplesPerSecond }) => (samplesPerSecond === undefined ? NONE : figures(samplesPerSecond)),
  },
  { title: 'GFLOP/s', cell: (_, { gigaflops }) => (gigaflops === undefined ? NONE : figures(gigaflops)) },
  { title: 'first s', cell: (_, { firstStepSeconds }) => figures(firstStepSeconds) },
  { title: 'host ms', cell: (_, __, engine) => (engine ? figures(engine.hostMilliseconds) : NONE) },
  { title: 'calls', cell: (_, __, engine) => (engine ? String(engine.dispatches) : NONE) },
  { title: 'MB', cell: (_, { bytes }) => (bytes === undefined ? NONE : megabytes(bytes)) },
  {
    title: 'plan/minimum/unshared',
    cell: (_, __, engine) => {
      if (!engine) return NONE;
      const { allocated, lowerBound, withoutReuse } = engine.memory;
      return [allocated, lowerBound, withoutReuse].map(megabytes).join('/');
    },
  },
  {
    title: 'moved/minimum',
    cell: (_, __, engine) => {
      if (!engine) return NONE;
      return [engine.traffic, engine.leastTraffic].map(({ read, written }) => megabytes(read + written)).join('/');
    },
  },
  { title: 'others', cell: (_, { othersBusy }) => `${(100 * othersBusy).toFixed()} %` },
];

/** The meaning of the titles. */
export const LEGEND = [
  'cpu ms: per step, over all cores. x ours: time relative to Hourglass. first s: seconds until the first step is done, including compilation.',
  'host ms: to encode and submit a step, tenth percentile. calls: kernel calls per step. MB: total on the GPU; plan/minimum/without sharing;',
  'moved by the kernels/minimum. others: share of the machine that other processes used during the measurement.',
];

/** The rows of all works and sizes, one below the other; a row without a timing gives the reason instead. */
export function timingTable(rows: readonly Row[]): Table {
  const cells = rows.map((row) => {
    const head = [`${row.work} ${row.name}`, String(row.size)];
    const { result } = row;
    if ('error' in result) return [...head, row.library, result.error];
    return [...head, ...COLUMNS.map(({ cell }) => cell(row, result, row.engine))];
  });
  return [['work', 'size', ...COLUMNS.map(({ title }) => title)], ...cells];
}

/**
 * Text in columns; words are left-aligned, numbers right-aligned. A row may end early: its last cell may then be
 * longer.
 */
export function formatText(table: Table): string {
  const width = table[0]!.length;
  const whole = table.filter((row) => row.length === width);
  const widths = table[0]!.map((_, i) => Math.max(...whole.map((row) => row[i]!.length)));
  const words = table[0]!.map((_, i) => whole.slice(1).every((row) => !/^[\d-]/.test(row[i]!)));
  return table
    .map((row) =>
      row
        .map((cell, i) => {
          if (row.length < width && i === row.length - 1) return cell;
          return words[i] ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The table in Markdown. */
export function formatMarkdown(table: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const [titles, ...rows] = table;
  return [line(titles!), line(titles!.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Three significant figures; below a ten-thousandth, two and an exponent. */
export function figures(number: number): string {
  if (number === 0) return '0';
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(number))));
  return decimals > 6 ? number.toExponential(1) : number.toFixed(decimals);
}
