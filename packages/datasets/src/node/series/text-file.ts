import { SAMPLE, TableReader } from '../../series/delimited-text.ts';
import { fromTable } from '../../series/from-table.ts';
import type { Line } from '../../series/lines.ts';
import type { RecordingSet, SeriesChunk } from '../../series/recording.ts';
import { isWordColumn, type Roles, rolesOf, type SeriesOptions } from '../../series/roles.ts';
import { linesIn } from '../lines-in.ts';
import { type ByteRange, type ChunkedFile, formOf, lastTime, rowsAtOnce } from './chunked-file.ts';

const PLACES = ['before', 'within', 'after'] as const;

/** A delimited text. Rows have no fixed length, so a range is found by reading the file from its beginning. */
export class TextFile implements ChunkedFile {
  readonly form: RecordingSet;
  private readonly path: string;
  private readonly name: string;
  private readonly options: SeriesOptions;
  /** The first lines, which determine the dialect and the types of the columns. */
  private readonly sample: readonly string[];
  private readonly roles: Roles;
  private readonly width: number;

  private constructor(
    path: string,
    name: string,
    options: SeriesOptions,
    sample: readonly string[],
    lines: readonly Line[],
  ) {
    const reader = new TableReader(name, sample, isWordColumn(options));
    for (const { text, number } of lines.slice(0, rowsAtOnce(reader.cells))) reader.add(text, number);
    const table = reader.take();
    this.path = path;
    this.name = name;
    this.options = options;
    this.sample = sample;
    this.roles = rolesOf(table, options);
    this.width = table.columns.length;
    this.form = formOf(fromTable(table, options, this.roles));
  }

  /** @throws DataError if the first rows can't be read or do not fit the options */
  static async open(path: string, name: string, options: SeriesOptions): Promise<TextFile> {
    const lines: Line[] = [];
    for await (const own of linesIn(path, name, [])) {
      for (const line of own) lines.push(line);
      if (lines.length > SAMPLE) break;
    }
    const sample = lines.slice(0, SAMPLE).map(({ text }) => text);
    return new TextFile(path, name, options, sample, lines);
  }

  async count(): Promise<number> {
    const reader = this.reader();
    let rows = 0;
    for await (const lines of linesIn(this.path, this.name, [])) {
      if (lines.length > 0) rows += lines.length - (reader.skipHeader() ? 1 : 0);
    }
    return rows;
  }

  async *chunks({ from, to }: ByteRange, context: number): AsyncGenerator<SeriesChunk> {
    const reader = this.reader();
    const most = rowsAtOnce(reader.cells);
    const recent: Line[] = [];
    let place: SeriesChunk['place'] = 'before';
    let after = 0;
    let next = 0;
    let time: string | undefined;
    const take = (): SeriesChunk => {
      const table = reader.take();
      const set = fromTable(table, this.options, this.roles, time);
      time = lastTime(set);
      return { ...set, first: next - table.count, place };
    };
    for await (const lines of linesIn(this.path, this.name, [from, to])) {
      for (const line of lines) {
        if (reader.skipHeader()) continue;
        const own = PLACES[line.part]!;
        if (own !== place) {
          for (const { text, number } of recent.splice(0).slice(-context)) reader.add(text, number);
          if (reader.count > 0) yield take();
          place = own;
        }
        if (own === 'after' && after++ >= context) {
          if (reader.count > 0) yield take();
          return;
        }
        next++;
        if (own === 'before') {
          if (context > 0) recent.push(line);
          if (recent.length > 2 * context) recent.splice(0, recent.length - context);
          continue;
        }
        reader.add(line.text, line.number);
        if (reader.count === most) yield take();
      }
    }
    if (reader.count > 0) yield take();
  }

  private reader(): TableReader {
    return new TableReader(this.name, this.sample, isWordColumn(this.options), this.width);
  }
}
