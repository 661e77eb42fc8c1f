import { useMemo } from 'preact/hooks';
import type { ModelInfo } from '../../engine/api.ts';
import { Button } from '../../kit/controls.tsx';
import type { Decode } from '../../kit/film.tsx';
import { Figure } from '../../kit/frames.tsx';
import { Picture } from '../../kit/picture.tsx';
import { useLatest } from '../../kit/use-latest.ts';
import { useAddress } from '../../shell/address.ts';
import { useEngine } from '../../shell/engine.ts';
import type { Point } from './viewport.ts';

const COUNT = 10;

export interface Samples {
  readonly seed: number;
  /** [10, 2]; undefined before any were drawn. */
  readonly codes: Float32Array | undefined;
  readonly draw: () => void;
}

/** Points drawn from the normal distribution with the seed in the address, the same as the command line draws. */
export function useSamples(onProblem: (message: string) => void): Samples {
  const { engine } = useEngine();
  const address = useAddress();
  const text = address.param('seed');
  const seed = text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  const codes = useLatest(seed, (wanted) => engine.normal(COUNT * 2, wanted), onProblem);
  return {
    seed: seed ?? -1,
    codes: seed === undefined ? undefined : codes,
    draw: () => address.set({ seed: String((seed ?? -1) + 1) }),
  };
}

interface SamplesFigureProps {
  readonly model: ModelInfo;
  readonly samples: Samples;
  readonly decode: Decode;
  readonly onPick: (point: Point) => void;
}

export function SamplesFigure({ model, samples: { codes, seed, draw }, decode, onPick }: SamplesFigureProps) {
  const question = useMemo(() => codes && { codes }, [codes]);
  const drawn = useLatest(
    question,
    async (asked) => ({ ...asked, rows: await decode(asked.codes) }),
    () => undefined,
  );
  return (
    <Figure
      title="Drawn at random"
      actions={<Button onClick={draw}>{codes === undefined ? 'Draw ten points' : 'Draw ten new points'}</Button>}
      caption={
        codes === undefined
          ? 'Ten points from the normal distribution, decoded: this is how a variational autoencoder makes new pictures.'
          : `Ten points from the normal distribution, decoded (seed ${seed}). They are the white dots on the map. Click a picture to move the ring to its dot.`
      }
    >
      {drawn !== undefined && codes !== undefined && (
        <div class="strip wrap">
          {Array.from({ length: COUNT }, (_, i) => (
            <button
              key={i}
              type="button"
              class="bare"
              onClick={() => onPick([drawn.codes[2 * i]!, drawn.codes[2 * i + 1]!])}
            >
              <Picture rows={drawn.rows} index={i} shape={model.shape} label={`Sample ${i + 1}`} />
            </button>
          ))}
        </div>
      )}
    </Figure>
  );
}
