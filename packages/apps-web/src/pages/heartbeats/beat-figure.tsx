import { BeatPlot } from '../../kit/beat-plot.tsx';
import { Button } from '../../kit/controls.tsx';
import { Figure } from '../../kit/frames.tsx';
import { formatError, judge, type Kind } from './judgement.ts';

/** A beat that can be looked at. */
export interface Beat {
  /** Its number in the test split. */
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
  /** What of the beats of the list is shown, and how many there are. */
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
          Error {formatError(beat.error)}: {judged === 'abnormal' ? 'above' : 'not above'} the threshold, so judged{' '}
          {judged}, {judged === beat.kind ? 'rightly' : 'wrongly'}.
        </span>
      }
    >
      <BeatPlot beat={beat.samples} reconstruction={beat.reconstruction} range={range} height={72} />
      <ul class="curve-names">
        <li>
          <span class="line" style={{ color: 'var(--text)' }} aria-hidden="true" />
          the beat
        </li>
        <li>
          <span class="line" style={{ color: 'var(--class-1)' }} aria-hidden="true" />
          what the autoencoder makes of it
        </li>
      </ul>
    </Figure>
  );
}

interface BeatListProps {
  readonly beats: readonly Beat[];
  readonly shown: Beat | undefined;
  readonly range: readonly [number, number];
  readonly onShow: (beat: Beat) => void;
}

/** Beats side by side, small; a click shows one large. */
export function BeatList({ beats, shown, range, onShow }: BeatListProps) {
  return (
    <div class="beat-list">
      {beats.map((beat) => (
        <button
          key={beat.index}
          type="button"
          class="bare"
          aria-pressed={beat === shown}
          aria-label={`Beat ${beat.index}: ${beat.kind}, error ${formatError(beat.error)}`}
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
