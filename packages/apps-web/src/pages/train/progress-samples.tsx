import { useState } from 'preact/hooks';
import type { ExperimentInfo } from '../../engine/experiment-info.ts';
import { BeatPlot } from '../../kit/beat-plot.tsx';
import { Toggle } from '../../kit/controls.tsx';
import { Picture } from '../../kit/picture.tsx';
import { rangeOf } from '../../kit/range.ts';
import type { TrainingView } from './store.ts';

interface ProgressSamplesProps {
  readonly view: TrainingView;
  readonly experiment: ExperimentInfo;
}

/** The samples as the model reconstructs them now, or the model's inputs. */
export function ProgressSamples({ view: { samples }, experiment }: ProgressSamplesProps) {
  const [side, setSide] = useState<'outputs' | 'inputs'>('outputs');
  if (samples === undefined) return <Awaited />;
  const { shape, inputs, outputs } = samples;
  const count = outputs.length / shape.reduce((a, b) => a * b);
  if (inputs !== undefined && shape.length < 3) {
    // Draws only the first of several channels
    const [length, channels = 1] = shape as [number, number?];
    const range = channels === 1 && shape.length === 1 ? undefined : rangeOf(inputs);
    return (
      <div class="beats">
        {Array.from({ length: Math.min(count, 9) }, (_, i) => (
          <BeatPlot
            key={i}
            beat={series(inputs, i, length, channels)}
            reconstruction={series(outputs, i, length, channels)}
            range={range}
            label="A series and its reconstruction"
          />
        ))}
      </div>
    );
  }
  return (
    <>
      {inputs !== undefined && (
        <Toggle
          label="Samples"
          options={[
            { value: 'outputs', title: 'From the model' },
            { value: 'inputs', title: experiment.noisyInput ? 'Noisy inputs' : 'Originals' },
          ]}
          value={side}
          onChange={setSide}
        />
      )}
      <div class="progress-samples">
        {Array.from({ length: count }, (_, i) => (
          <Picture
            key={i}
            rows={(side === 'inputs' ? inputs : undefined) ?? outputs}
            index={i}
            shape={shape}
            label={`Sample ${i + 1}`}
          />
        ))}
      </div>
    </>
  );
}

/** Placeholders for the samples. */
function Awaited() {
  return (
    <>
      <p class="quiet-text">
        The model is being built. Its first reconstructions appear here: after a few seconds on a graphics card, up to a
        minute on a CPU.
      </p>
      <div class="progress-samples" aria-hidden="true">
        {Array.from({ length: 25 }, (_, i) => (
          <div key={i} class="awaited waiting" />
        ))}
      </div>
    </>
  );
}

/** The first channel of a series. */
const series = (rows: Float32Array, index: number, length: number, channels: number): Float32Array =>
  rows.subarray(index * length * channels, (index + 1) * length * channels).filter((_, i) => i % channels === 0);
