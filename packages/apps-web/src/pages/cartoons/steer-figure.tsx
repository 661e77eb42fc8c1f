import { useMemo } from 'preact/hooks';
import { useColours } from '../../kit/colours.ts';
import { Button, Slider } from '../../kit/controls.tsx';
import type { Decode } from '../../kit/film.tsx';
import { Figure } from '../../kit/frames.tsx';
import { Picture } from '../../kit/picture.tsx';
import { pixels } from '../../kit/pixels.ts';
import { save } from '../../kit/save.ts';
import { useLatest } from '../../kit/use-latest.ts';
import { useSettled } from '../../kit/use-settled.ts';
import { REACH, steered } from './steering.ts';

interface SteerFigureProps {
  /** Codes of the picked face and of the steered face: [latent]. */
  readonly code: Float32Array | undefined;
  /** Shown until the picked face is decoded. */
  readonly meanwhile: Float32Array | undefined;
  readonly steeredCode: Float32Array | undefined;
  /** [n, latent]; undefined until they are found. */
  readonly directions: Float32Array | undefined;
  /** Steps along each direction, in multiples of its length. */
  readonly ways: readonly number[];
  readonly onWays: (ways: readonly number[]) => void;
  readonly shape: readonly number[];
  /** How the directions were chosen: "along which …". */
  readonly chosen: string;
  /** Name of the saved file, without its extension. */
  readonly name: string;
  readonly decode: Decode;
  readonly onProblem: (message: string) => void;
}

/** One picture, and for each direction a slider between the picture at its two ends. */
export function SteerFigure(props: SteerFigureProps) {
  const { code, meanwhile, steeredCode, directions, ways, onWays, shape, chosen, name, decode, onProblem } = props;
  const colours = useColours();
  const face = useLatest(steeredCode, decode, onProblem);
  const settled = useSettled(code);
  const ends = useMemo(
    () => (settled && directions && ways.length > 0 ? endsOf(settled, directions, ways.length) : undefined),
    [settled, directions, ways.length],
  );
  const endFaces = useLatest(ends, decode, onProblem);
  const saveFace = () => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { height: shape[0], width: shape[1] });
    canvas.getContext('2d')!.putImageData(pixels(face!, 0, shape, colours), 0, 0);
    canvas.toBlob((blob) => blob && save(blob, `${name}.png`));
  };
  return (
    <Figure
      title="Steer A"
      actions={
        <>
          <Button disabled={ways.every((way) => way === 0)} onClick={() => onWays(ways.map(() => 0))}>
            Back to the start
          </Button>
          <Button disabled={face === undefined} onClick={saveFace}>
            Save as PNG
          </Button>
        </>
      }
      caption={`The directions ${chosen}, strongest first, in standard deviations. Beside each slider: this picture at its two ends.`}
    >
      <div class="steer">
        <Picture rows={face ?? meanwhile} shape={shape} label="Picture A, steered" />
        {directions === undefined && <p class="quiet-text">Looking for the strongest directions…</p>}
        {directions?.length === 0 && (
          <p class="quiet-text">No codes exist for images of this size, so there are no directions to steer along.</p>
        )}
        <ol class="directions">
          {ways.map((way, k) => (
            <li key={k}>
              <Picture rows={endFaces} index={2 * k} shape={shape} label={`Far back along direction ${k + 1}`} />
              <Slider
                label={`Direction ${k + 1}`}
                value={way}
                min={-REACH}
                max={REACH}
                step={0.1}
                format={formatWay}
                onInput={(next) => onWays(ways.map((old, other) => (other === k ? next : old)))}
              />
              <Picture rows={endFaces} index={2 * k + 1} shape={shape} label={`Far along direction ${k + 1}`} />
            </li>
          ))}
        </ol>
      </div>
    </Figure>
  );
}

/** The code at both ends of each direction in turn: [2 · count, latent]. */
function endsOf(code: Float32Array, directions: Float32Array, count: number): Float32Array {
  const ends = new Float32Array(2 * count * code.length);
  for (let k = 0; k < count; k++) {
    [-REACH, REACH].forEach((way, end) => {
      const ways = Array.from({ length: count }, (_, other) => (other === k ? way : 0));
      ends.set(steered(code, directions, ways), (2 * k + end) * code.length);
    });
  }
  return ends;
}

const formatWay = (way: number): string => `${way > 0 ? '+' : way < 0 ? '−' : ''}${Math.abs(way).toFixed(1)} σ`;
