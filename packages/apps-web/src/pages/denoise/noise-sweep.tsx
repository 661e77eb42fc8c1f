import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { Figure } from '../../kit/frames.tsx';
import { Picture } from '../../kit/picture.tsx';
import { useLatest } from '../../kit/use-latest.ts';
import type { Denoise } from './denoise-page.tsx';

const SHARES = [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8];

interface NoiseSweepProps {
  /** Undefined while something more urgent is computed. */
  readonly garment: Float32Array | undefined;
  readonly shape: readonly number[];
  readonly seed: number;
  readonly denoise: Denoise;
  readonly onProblem: (message: string) => void;
  /** The caption. */
  readonly children: ComponentChildren;
}

/** The garment with more and more noise, and the model's output for each. */
export function NoiseSweep({ garment, shape, seed, denoise, onProblem, children }: NoiseSweepProps) {
  const question = useMemo(() => garment && { garment, seed }, [garment, seed]);
  const answer = useLatest(question, (asked) => denoise(asked.garment, SHARES, asked.seed), onProblem);
  return (
    <Figure title="How much noise it can take" caption={children}>
      <div class="sweep">
        {SHARES.map((share, i) => (
          <div key={share}>
            <Picture rows={answer?.noisy} index={i} shape={shape} label={`With ${percent(share)} noise`} />
            <Picture rows={answer?.clean} index={i} shape={shape} label={`Denoised from ${percent(share)}`} />
            <span class="number">{percent(share)}</span>
          </div>
        ))}
      </div>
    </Figure>
  );
}

export const percent = (share: number): string => `${Math.round(100 * share)}%`;
