import type { LessonFrame } from '../../engine/api.ts';

const WIDTH = 300;
const HEIGHT = 84;

interface LossLineProps {
  readonly frames: readonly LessonFrame[];
  /** The frame that is shown. */
  readonly index: number;
}

/** The loss over the steps, with a mark at the shown frame. */
export function LossLine({ frames, index }: LossLineProps) {
  const points = frames.flatMap(({ step, steps, loss }, frame) =>
    loss === undefined ? [] : [{ frame, loss, x: (step / steps) * WIDTH }],
  );
  const most = Math.max(...points.map(({ loss }) => loss), 1e-9);
  const y = (loss: number): number => HEIGHT - (loss / most) * (HEIGHT - 8);
  const shown = points.find(({ frame }) => frame === index);
  return (
    <figure class="loss-line">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label="The loss after each step">
        <line x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
        <polyline points={points.map(({ x, loss }) => `${x.toFixed(1)},${y(loss).toFixed(1)}`).join(' ')} />
        {shown && <circle cx={shown.x} cy={y(shown.loss)} r="4" />}
      </svg>
      <figcaption class="number">
        {shown
          ? `loss ${shown.loss.toFixed(4)}`
          : points.length > 0
            ? 'loss before the first step: not measured'
            : 'loss'}
      </figcaption>
    </figure>
  );
}
