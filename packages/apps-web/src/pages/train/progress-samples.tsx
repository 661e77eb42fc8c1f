import type { Experiment } from '@hourglass/experiments';
import { useState } from 'preact/hooks';
import { BeatPlot } from '../../kit/beat-plot.tsx';
import { Toggle } from '../../kit/controls.tsx';
import { Picture } from '../../kit/picture.tsx';
import type { TrainingView } from './store.ts';

interface ProgressSamplesProps {
  readonly view: TrainingView;
  readonly experiment: Experiment;
}

/** The samples as the model reconstructs them now, or the model's inputs. */
export function ProgressSamples({ view: { samples }, experiment }: ProgressSamplesProps) {
  const [side, setSide] = useState<'outputs' | 'inputs'>('outputs');
  if (samples === undefined) return <Awaited />;
  const { shape, inputs, outputs } = samples;
  const count = inputs.length / shape.reduce((a, b) => a * b);
  if (shape.length === 1) {
    return (
      <div class="beats">
        {Array.from({ length: Math.min(count, 9) }, (_, i) => (
          <BeatPlot key={i} beat={slice(inputs, i, shape[0]!)} reconstruction={slice(outputs, i, shape[0]!)} />
        ))}
      </div>
    );
  }
  return (
    <>
      <Toggle
        label="Samples"
        options={[
          { value: 'outputs', title: 'From the model' },
          { value: 'inputs', title: experiment.noisyInput ? 'Noisy inputs' : 'Originals' },
        ]}
        value={side}
        onChange={setSide}
      />
      <div class="progress-samples">
        {Array.from({ length: count }, (_, i) => (
          <Picture
            key={i}
            rows={side === 'outputs' ? outputs : inputs}
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

const slice = (rows: Float32Array, index: number, length: number): Float32Array =>
  rows.subarray(index * length, (index + 1) * length);
