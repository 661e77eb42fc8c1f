import type { Judgement } from '@hourglass/experiments';
import { csvCell } from '../io/csv.ts';

export const FORMATS = ['csv', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

/** The verdict on a series, an instant or a window of a stream. */
export interface Verdict {
  /** The number of the series or instant, from 0. */
  readonly index: number;
  /** Its time: as given in the file, else its number. */
  readonly time: string | number;
  readonly score: number;
  readonly abnormal: boolean;
  /** The file, if there are several. */
  readonly file?: string;
  /** The id of the series, if a column identifies series. */
  readonly id?: string;
}

interface LinesOptions {
  /** Scores above this are abnormal. */
  readonly threshold: number;
  readonly format: Format;
  /** Whether each line contains the file. */
  readonly several: boolean;
  /** Whether each line ends with the id of the series; default false. */
  readonly identified?: boolean;
  /** Whether CSV begins with a header. */
  readonly header: boolean;
  /** Receives the lines; undefined: the verdicts are collected. */
  readonly write: ((text: string) => Promise<void>) | undefined;
}

/** Verdicts as lines of text, or collected for one JSON object. */
export class VerdictLines {
  readonly verdicts: Verdict[] = [];
  count = 0;
  abnormal = 0;
  private readonly options: LinesOptions;

  constructor(options: LinesOptions) {
    this.options = options;
  }

  /** Writes the header. */
  async begin(): Promise<void> {
    const { format, several, identified, header, write } = this.options;
    if (header && format === 'csv')
      await write?.(`${several ? 'file,' : ''}time,score,verdict${identified ? ',id' : ''}\n`);
  }

  /** Resolves when the lines have been written, so that they do not pile up in memory. */
  async add(judgements: readonly (Omit<Judgement, 'file'> & { readonly file?: string })[]): Promise<void> {
    const { threshold, several, write } = this.options;
    const verdicts = judgements.map(({ file, index, time, score, id }): Verdict => {
      const own = several && file !== undefined ? { file } : {};
      return { ...own, index, time, score, abnormal: score > threshold, ...(id === undefined ? {} : { id }) };
    });
    this.count += verdicts.length;
    for (const { abnormal } of verdicts) if (abnormal) this.abnormal++;
    if (write === undefined) for (const verdict of verdicts) this.verdicts.push(verdict);
    else if (verdicts.length > 0) await write(verdicts.map((verdict) => `${this.line(verdict)}\n`).join(''));
  }

  private line(verdict: Verdict): string {
    if (this.options.format === 'jsonl') return JSON.stringify(verdict);
    const { file, time, score, abnormal, id } = verdict;
    const cells = [...(file === undefined ? [] : [file]), time, score.toPrecision(6)];
    return [...cells, abnormal ? 'abnormal' : 'normal', ...(id === undefined ? [] : [id])].map(csvCell).join(',');
  }
}
