import { useState } from 'preact/hooks';
import { Button } from '../../kit/controls.tsx';
import { save } from '../../kit/save.ts';
import { useEngine } from '../../shell/engine.ts';
import type { TrainingView } from './store.ts';

interface ControlsProps {
  readonly view: TrainingView | undefined;
  /** Whether the fields differ from the settings of the current run. */
  readonly changed: boolean;
  readonly onReset: () => void;
  /** Makes the weights the experiment's model on all pages. */
  readonly onUse: () => void;
  readonly onProblem: (message: string) => void;
}

export function Controls({ view, changed, onReset, onUse, onProblem }: ControlsProps) {
  const { engine } = useEngine();
  const phase = view?.phase ?? 'preparing';
  const running = phase === 'running' || phase === 'tuning';
  const [pausing, setPausing] = useState(false);
  const pause = async () => {
    setPausing(true);
    await engine.pauseTraining();
    setPausing(false);
  };
  const idle = phase === 'paused' || phase === 'lost';
  const name = view?.settings.experiment;
  const keep = async (bytes: Promise<Uint8Array>, suffix: string) => {
    try {
      save(new Blob([(await bytes) as Uint8Array<ArrayBuffer>]), `${name}.${suffix}`);
    } catch (error) {
      onProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div class="controls" role="toolbar" aria-label="Training">
      {running ? (
        <Button primary disabled={pausing} onClick={() => void pause()}>
          {pausing ? 'Pausing…' : 'Pause'}
        </Button>
      ) : (
        <Button primary disabled={!idle} onClick={() => void engine.runTraining()}>
          Start
        </Button>
      )}
      <Button disabled={!idle} onClick={() => void engine.stepTraining()}>
        Step
      </Button>
      <Button disabled={phase === 'preparing'} onClick={onReset}>
        {changed ? 'Reset with these settings' : 'Reset'}
      </Button>
      <span class="spacer" />
      <Button
        disabled={view?.samples === undefined || running}
        onClick={() => void keep(engine.trainingCheckpoint(), 'safetensors')}
      >
        Download the weights
      </Button>
      {view?.experiment.reconstructs !== false && (
        <Button
          disabled={view?.samples === undefined || running}
          onClick={() => void keep(engine.trainedOnnx(), 'onnx')}
        >
          Download as ONNX
        </Button>
      )}
      <Button disabled={view?.samples === undefined || running} onClick={onUse}>
        Use these weights on all pages
      </Button>
      <Status view={view} />
    </div>
  );
}

function Status({ view }: { view: TrainingView | undefined }) {
  if (view === undefined || view.phase === 'preparing') return <p class="status">Preparing data and model…</p>;
  const { progress, phase } = view;
  if (phase === 'tuning') {
    return (
      <p class="status" aria-live="off" data-phase={phase} data-step={progress?.step ?? 0}>
        <span class={`dot ${phase}`} aria-hidden="true" />
        choosing the fastest kernels for this GPU, once · {view.message}
      </p>
    );
  }
  const states = { running: 'training', paused: 'paused', lost: 'stopped', failed: 'stopped' } as const;
  return (
    <p class="status" aria-live="off" data-phase={phase} data-step={progress?.step ?? 0}>
      <span class={`dot ${phase}`} aria-hidden="true" />
      {progress === undefined
        ? phase === 'running'
          ? 'compiling the kernels…'
          : 'ready'
        : `${states[phase]} · epoch ${progress.epoch + 1}, step ${progress.position} of ${progress.stepsPerEpoch}`}
      {progress !== undefined && progress.samplesPerSecond > 0 && (
        <span class="number"> · {Math.round(progress.samplesPerSecond).toLocaleString('en')} samples/s</span>
      )}
    </p>
  );
}
