import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { Figure } from '../../kit/frames.tsx';
import { Picture } from '../../kit/picture.tsx';
import { useLatest } from '../../kit/use-latest.ts';
import type { Denoise, NoiseScale } from './noises.ts';

interface NoiseSweepProps {
  /** The clean garment; undefined while something more urgent is computed. */
  readonly garment: Float32Array | undefined;
  readonly shape: readonly number[];
  readonly seed: number;
  readonly scale: NoiseScale;
  readonly denoise: Denoise;
  readonly onProblem: (message: string) => void;
  /** The caption. */
  readonly children: ComponentChildren;
}

/** The garment with more and more noise, and the model's output for each. */
export function NoiseSweep({ garment, shape, seed, scale, denoise, onProblem, children }: NoiseSweepProps) {
  const { steps, format } = scale;
  const question = useMemo(() => garment && { garment, seed }, [garment, seed]);
  const answer = useLatest(question, (asked) => denoise(asked.garment, steps, asked.seed), onProblem);
  return (
    <Figure title="How much noise it can take" caption={children}>
      <div class="sweep">
        {steps.map((amount, i) => (
          <div key={amount}>
            <Picture rows={answer?.noisy} index={i} shape={shape} label={`With ${format(amount)} noise`} />
            <Picture rows={answer?.clean} index={i} shape={shape} label={`Denoised from ${format(amount)}`} />
            <span class="number">{format(amount)}</span>
          </div>
        ))}
      </div>
    </Figure>
  );
}
