import { BeatLegend, BeatPlot } from '../../kit/beat-plot.tsx';
import { Button } from '../../kit/controls.tsx';
import { Figure } from '../../kit/frames.tsx';
import { formatError, judge, type Kind } from './judgement.ts';

/** A beat that can be shown. */
export interface Beat {
  /** Index in the test split. */
  readonly index: number;
  readonly kind: Kind;
  readonly error: number;
  readonly samples: Float32Array;
  readonly reconstruction: Float32Array;
}

interface BeatFigureProps {
  readonly beat: Beat;
  readonly threshold: number;
  readonly range: readonly [number, number];
  /** Position of the beat in the list, and the list's length. */
  readonly position: number;
  readonly count: number;
  readonly onMove: (by: number) => void;
}

/** One beat, large. */
export function BeatFigure({ beat, threshold, range, position, count, onMove }: BeatFigureProps) {
  const judged = judge(beat.error, threshold);
  return (
    <Figure
      title={`${beat.kind === 'normal' ? 'A normal' : 'An abnormal'} beat`}
      actions={
        <>
          <span class="quiet-text number">
            {position + 1} of {count}
          </span>
          <Button disabled={count < 2} onClick={() => onMove(-1)}>
            Previous
          </Button>
          <Button disabled={count < 2} onClick={() => onMove(1)}>
            Next
          </Button>
        </>
      }
      caption={
        <span aria-live="polite">
          The error {formatError(beat.error)} is {judged === 'abnormal' ? 'above' : 'not above'} the threshold: judged{' '}
          {judged}, {judged === beat.kind ? 'correctly' : 'wrongly'}.
        </span>
      }
    >
      <BeatPlot beat={beat.samples} reconstruction={beat.reconstruction} range={range} height={72} />
      <BeatLegend signal="the beat" />
    </Figure>
  );
}

interface BeatListProps {
  readonly beats: readonly Beat[];
  readonly shown: Beat | undefined;
  readonly range: readonly [number, number];
  readonly onShow: (beat: Beat) => void;
}

/** Small beats side by side; a click shows one large. */
export function BeatList({ beats, shown, range, onShow }: BeatListProps) {
  return (
    <div class="beat-list">
      {beats.map((beat) => (
        <button
          key={beat.index}
          type="button"
          class="bare"
          aria-pressed={beat === shown}
          aria-label={`Beat ${beat.index}: ${beat.kind} ${formatError(beat.error)}`}
          onClick={() => onShow(beat)}
        >
          <BeatPlot beat={beat.samples} reconstruction={beat.reconstruction} range={range} height={130} />
          <span class={`beat-error ${beat.kind}`}>
            {beat.kind} {formatError(beat.error)}
          </span>
        </button>
      ))}
    </div>
  );
}
