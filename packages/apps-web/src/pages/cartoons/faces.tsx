import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Button, Toggle } from '../../kit/controls.tsx';
import { Figure } from '../../kit/frames.tsx';
import { Picture } from '../../kit/picture.tsx';

export const FACES = 25;

/** What the pictures are, for the visitor. */
interface Words {
  readonly title: string;
  readonly more: string;
  readonly caption: (seed: number) => ComponentChildren;
}

/** For a model that ships. `noun`: what its pictures show, in the plural. */
export const shippedWords = (experiment: string, noun: string): Words => ({
  title: 'Drawn at random',
  more: `Draw ${FACES} new ${noun}`,
  caption: (seed) => (
    <>
      Random codes from the normal distribution, decoded.{' '}
      <code>
        hourglass sample {experiment} --count {FACES} --seed {seed}
      </code>{' '}
      draws the same {noun}.
    </>
  ),
});
export const GENERATED: Words = {
  title: 'Drawn at random',
  more: `Draw ${FACES} new pictures`,
  caption: () => 'Random codes from the normal distribution, decoded by your model.',
};
export const IMAGES: Words = {
  title: 'Your images',
  more: 'Show more',
  caption: () => 'Your images, as the model draws them from their codes.',
};

export interface FacesProps {
  /** [count, ...shape]; undefined until they are decoded. */
  readonly rows: Float32Array | undefined;
  /** At most 25. */
  readonly count: number;
  readonly words: Words;
  readonly shape: readonly number[];
  readonly seed: number;
  readonly onSeed: (seed: number) => void;
  /** Index of the face that is steered, and of the face that it turns into. */
  readonly a: number;
  readonly b: number;
  readonly onPick: (which: 'a' | 'b', face: number) => void;
}

/** Decoded pictures to pick from. */
export function Faces({ rows, count, words, shape, seed, onSeed, a, b, onPick }: FacesProps) {
  const [which, setWhich] = useState<'a' | 'b'>('a');
  const markOf = (face: number) => (face === a ? 'A' : face === b ? 'B' : undefined);
  return (
    <Figure
      title={words.title}
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
            {words.more}
          </Button>
        </>
      }
      caption={words.caption(seed)}
    >
      <div class="faces">
        {Array.from({ length: count }, (_, face) => (
          <button
            key={face}
            type="button"
            class="bare pick"
            aria-pressed={face === (which === 'a' ? a : b)}
            data-mark={markOf(face)}
            onClick={() => onPick(which, face)}
          >
            <Picture rows={rows} index={face} shape={shape} label={`Picture ${face + 1}`} />
          </button>
        ))}
      </div>
    </Figure>
  );
}
