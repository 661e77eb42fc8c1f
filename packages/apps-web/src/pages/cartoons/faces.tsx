import { useState } from 'preact/hooks';
import { Button, Toggle } from '../../kit/controls.tsx';
import { Figure } from '../../kit/frames.tsx';
import { Picture } from '../../kit/picture.tsx';

export const FACES = 25;

interface FacesProps {
  /** [25, ...shape]; undefined until they are decoded. */
  readonly rows: Float32Array | undefined;
  readonly shape: readonly number[];
  readonly seed: number;
  readonly onSeed: (seed: number) => void;
  /** Index of the face that is steered, and of the face that it turns into. */
  readonly a: number;
  readonly b: number;
  readonly onPick: (which: 'a' | 'b', face: number) => void;
}

/** Faces decoded from random codes, to pick from. */
export function Faces({ rows, shape, seed, onSeed, a, b, onPick }: FacesProps) {
  const [which, setWhich] = useState<'a' | 'b'>('a');
  const markOf = (face: number) => (face === a ? 'A' : face === b ? 'B' : undefined);
  return (
    <Figure
      title="Drawn at random"
      actions={
        <>
          <Toggle
            label="On click"
            options={[
              { value: 'a', title: 'Pick A' },
              { value: 'b', title: 'Pick B' },
            ]}
            value={which}
            onChange={setWhich}
          />
          <Button primary onClick={() => onSeed(seed + 1)}>
            Draw 25 new faces
          </Button>
        </>
      }
      caption={
        <>
          Random codes from the normal distribution, decoded.{' '}
          <code>
            hourglass sample cartoon-vae --count {FACES} --seed {seed}
          </code>{' '}
          draws the same faces.
        </>
      }
    >
      <div class="faces">
        {Array.from({ length: FACES }, (_, face) => (
          <button
            key={face}
            type="button"
            class="bare pick"
            aria-pressed={face === (which === 'a' ? a : b)}
            data-mark={markOf(face)}
            onClick={() => onPick(which, face)}
          >
            <Picture rows={rows} index={face} shape={shape} label={`Face ${face + 1}`} />
          </button>
        ))}
      </div>
    </Figure>
  );
}
