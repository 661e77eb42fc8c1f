import { useState } from 'preact/hooks';
import { Button, Toggle } from '../../kit/controls.tsx';
import { Figure } from '../../kit/frames.tsx';
import { Picture } from '../../kit/picture.tsx';

export const FACES = 25;

interface FacesProps {
  /** [25, ...shape]; undefined as long as they are drawn. */
  readonly rows: Float32Array | undefined;
  readonly shape: readonly number[];
  readonly seed: number;
  readonly onSeed: (seed: number) => void;
  /** The face that is steered, and the one that it turns into. */
  readonly a: number;
  readonly b: number;
  readonly onPick: (which: 'a' | 'b', face: number) => void;
}

/** Faces of codes that were drawn at random, to pick from. */
export function Faces({ rows, shape, seed, onSeed, a, b, onPick }: FacesProps) {
  const [which, setWhich] = useState<'a' | 'b'>('a');
  const markOf = (face: number) => (face === a ? 'A' : face === b ? 'B' : undefined);
  return (
    <Figure
      title="Drawn at random"
      actions={
        <>
          <Toggle
            label="What a click picks"
            options={[
              { value: 'a', title: 'Pick A' },
              { value: 'b', title: 'Pick B' },
            ]}
            value={which}
            onChange={setWhich}
          />
          <Button primary onClick={() => onSeed(seed + 1)}>
            Draw 25 others
          </Button>
        </>
      }
      caption={
        <>
          Codes from the normal distribution, decoded.{' '}
          <code>
            hourglass sample cartoon-vae --count {FACES} --seed {seed}
          </code>{' '}
          draws the same.
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
