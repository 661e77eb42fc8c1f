import type { Cut, Recording, SeriesChunk, Window } from '@hourglass/datasets';

/** A window of a recording that is read in chunks. */
export interface CutWindow extends Window {
  /** The number of its first instant in the whole recording. */
  readonly from: number;
}

/**
 * Cuts a recording that arrives in chunks into the windows of `windowsOf`, as soon as they are complete: those that
 * begin among the instants `within` the range, or up to `early` instants before. Keeps only the instants that later
 * windows may contain. The chunks must include a window's length of context.
 */
export class WindowCutter {
  private readonly cut: Cut;
  private readonly early: number;
  private kept: Recording | undefined;
  /** The number of instants before the end of the last chunk. */
  private length = 0;
  /** The least start of a window, and the next one; undefined before the range. */
  private starts: { readonly least: number; next: number } | undefined;
  /** The end of the range. */
  private end = Number.POSITIVE_INFINITY;

  constructor(cut: Cut, early = 0) {
    this.cut = cut;
    this.early = early;
  }

  /** The windows that are complete with this chunk. */
  push({ first, place, recordings }: SeriesChunk): CutWindow[] {
    const { window, stride } = this.cut;
    this.append(recordings[0]!, first);
    if (place === 'within' && this.starts === undefined) {
      const least = Math.max(0, first - this.early);
      this.starts = { least, next: Math.ceil(least / stride) * stride };
    }
    if (place === 'after') this.end = Math.min(this.end, first);
    const { starts } = this;
    if (starts === undefined) return [];
    const windows: CutWindow[] = [];
    for (; starts.next + window <= this.length && starts.next < this.end; starts.next += stride)
      windows.push(this.windowAt(starts.next));
    return windows;
  }

  /** The window that ends at the end of the recording, unless `push` has returned it. */
  last(): CutWindow[] {
    const { window, stride } = this.cut;
    const from = this.length - window;
    const isNew = from > 0 && from % stride !== 0;
    return this.starts !== undefined && isNew && from >= this.starts.least && from < this.end
      ? [this.windowAt(from)]
      : [];
  }

  private windowAt(from: number): CutWindow {
    return { recording: this.kept!, start: from - this.kept!.first!, from };
  }

  /** Drops the instants that no later window contains, and adds those of a chunk. */
  private append(chunk: Recording, first: number): void {
    const { kept = { ...chunk, length: 0, values: new Float32Array(), times: chunk.times && [], first } } = this;
    const needed = Math.min(this.starts?.next ?? this.length, this.length - this.cut.window);
    const drop = Math.max(0, Math.min(kept.length, needed - kept.first!));
    const width = chunk.values.length / chunk.length;
    const values = new Float32Array((kept.length - drop + chunk.length) * width);
    values.set(kept.values.subarray(drop * width));
    values.set(chunk.values, (kept.length - drop) * width);
    this.kept = {
      ...chunk,
      length: kept.length - drop + chunk.length,
      values,
      times: chunk.times && [...kept.times!.slice(drop), ...chunk.times],
      first: kept.first! + drop,
    };
    this.length = first + chunk.length;
  }
}
