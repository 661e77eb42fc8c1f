import { DataError } from '../dataset.ts';

/** Largest number of characters in a line. */
const LONGEST_LINE = 2 ** 25;

/** A line of text that is not skipped. */
export interface Line {
  readonly text: string;
  /** Its number in the text, from 1. */
  readonly number: number;
  /** The {@link LineSplitter.part} in which it begins. */
  readonly part: number;
}

/** The lines since the one that opens a quotation mark. */
interface OpenCell extends Pick<Line, 'number' | 'part'> {
  readonly lines: string[];
  characters: number;
}

/** Splits text that arrives in pieces into lines. Skips comments (`#`, `%`), blank lines and Excel's `sep=;`. */
export class LineSplitter {
  /** A label for the lines that begin in the pieces pushed from now on. */
  part = 0;
  private readonly name: string;
  /** The number of the last complete line. */
  private number = 0;
  /** The incomplete line at the end of the last piece. */
  private rest = '';
  private restPart = 0;
  /** The lines of a quoted cell that is still open. */
  private open: OpenCell | undefined;

  /** @param name the text's name in errors */
  constructor(name: string) {
    this.name = name;
  }

  /** @throws DataError, with the line, if a line is too long */
  *push(piece: string): Generator<Line> {
    const text = this.rest + piece;
    let part = this.rest === '' ? this.part : this.restPart;
    let start = 0;
    let feed = text.indexOf('\n');
    let carriage = text.indexOf('\r');
    for (;;) {
      if (feed >= 0 && feed < start) feed = text.indexOf('\n', start);
      if (carriage >= 0 && carriage < start) carriage = text.indexOf('\r', start);
      const end = carriage >= 0 && (feed < 0 || carriage < feed) ? carriage : feed;
      // A carriage return at the end of a piece may be the first half of a line break.
      if (end < 0 || (end === carriage && end === text.length - 1)) break;
      const line = this.line(text.slice(start, end), part);
      if (line !== undefined) yield line;
      start = end === carriage && text[end + 1] === '\n' ? end + 2 : end + 1;
      part = this.part;
    }
    this.rest = text.slice(start);
    this.restPart = part;
    if (this.rest.length > LONGEST_LINE) this.tooLong(this.number + 1, this.rest.length);
  }

  /** The last line, if no line break follows it. @throws DataError if a quotation mark is open */
  *end(): Generator<Line> {
    const { rest, restPart } = this;
    this.rest = '';
    if (rest !== '') {
      const line = this.line(rest.replace(/\r$/, ''), restPart);
      if (line !== undefined) yield line;
    }
    if (this.open !== undefined) this.neverClosed(this.open.number);
  }

  private line(own: string, part: number): Line | undefined {
    this.number++;
    if (own.length > LONGEST_LINE) this.tooLong(this.number, own.length);
    const text = this.number === 1 ? own.replace(/^\ufeff/, '') : own;
    const cell = this.open ?? { number: this.number, part, lines: [], characters: 0 };
    cell.lines.push(text);
    cell.characters += text.length + 1;
    // A quoted cell may continue in the next line.
    if ((this.open !== undefined) !== hasOddQuotes(text)) {
      this.open = cell;
      if (cell.characters > LONGEST_LINE) this.neverClosed(cell.number);
      return undefined;
    }
    this.open = undefined;
    const whole = cell.lines.length === 1 ? text : cell.lines.join('\n');
    if (whole.trim() === '' || /^\s*[#%]/.test(whole)) return undefined;
    if (this.number === 1 && /^"?sep=.?"?$/i.test(whole)) return undefined;
    return { text: whole, number: this.number, part: cell.part };
  }

  private tooLong(number: number, length: number): never {
    throw new DataError(
      `${this.name}, line ${number} has ${length} characters; at most ${LONGEST_LINE} are supported.`,
    );
  }

  private neverClosed(number: number): never {
    throw new DataError(`${this.name}, line ${number} opens a quotation mark that is never closed.`);
  }
}

function hasOddQuotes(text: string): boolean {
  let odd = false;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) odd = !odd;
  return odd;
}

/** The lines of a whole text. @throws DataError as {@link LineSplitter} */
export function* linesOf(text: string, name: string): Generator<Line> {
  const splitter = new LineSplitter(name);
  yield* splitter.push(text);
  yield* splitter.end();
}
