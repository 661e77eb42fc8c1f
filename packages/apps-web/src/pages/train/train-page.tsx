import { EXPERIMENTS, type Experiment } from '@hourglass/experiments';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ModelInfo, TrainingSettings } from '../../engine/api.ts';
import { Button, NumberField, Select } from '../../kit/controls.tsx';
import { Figure, Notice, Page } from '../../kit/frames.tsx';
import { save } from '../../kit/save.ts';
import { useAddress, useChoice, useNumber } from '../../shell/address.ts';
import { useEngine } from '../../shell/engine.ts';
import { Files } from './files.tsx';
import { LossFigure } from './loss-figure.tsx';
import { ProgressSamples } from './progress-samples.tsx';
import { type TrainingView, useTraining } from './store.ts';

const IDS = [...EXPERIMENTS.keys()];

export function TrainPage() {
  const { engine, adapter } = useEngine();
  const address = useAddress();
  const store = useTraining();
  const view = store.view;
  const [id] = useChoice('experiment', IDS, view?.settings.experiment ?? 'fashion-vae');
  const experiment = EXPERIMENTS.get(id)!;
  const settings = useSettings(experiment);
  const [notice, setNotice] = useState<{ kind: 'note' | 'problem'; text: string }>();

  const reset = () => store.prepare(settings);
  // A new experiment restarts training; new settings wait for a reset
  useEffect(() => {
    setNotice(undefined);
    if (view?.settings.experiment !== id) void reset();
  }, [id]);
  const changed = view !== undefined && !sameSettings(view.settings, settings);

  const say = (work: Promise<string | undefined>) => {
    setNotice(undefined);
    work.then(
      (text) => text !== undefined && setNotice({ kind: 'note', text }),
      (error: Error) => setNotice({ kind: 'problem', text: error.message }),
    );
  };
  const takeTrained = async (): Promise<string> => {
    const model = await engine.useTrained();
    return `The weights trained here are now the ${model.experiment} model on all pages.`;
  };

  return (
    <Page
      title="Train"
      lead="All of the training runs in this tab, on your graphics card: forward pass, backward pass and Adam. Watch the same test samples become recognisable as the loss falls, stop when you like, and keep the weights."
    >
      <div class="settings">
        <Select
          label="Experiment"
          options={IDS.map((value) => ({ value, title: EXPERIMENTS.get(value)!.title }))}
          value={id}
          onChange={(experiment) => address.set({ experiment, batch: undefined, lr: undefined, latent: undefined })}
        />
        <SettingsFields experiment={experiment} settings={settings} />
      </div>
      <Controls view={view} changed={changed} onReset={() => void reset()} onUse={() => say(takeTrained())} />
      {view?.message !== undefined && view.phase !== 'tuning' && (
        <Notice kind="problem" actions={view.phase === 'failed' && <Button onClick={() => void reset()}>Reset</Button>}>
          {view.message}
        </Notice>
      )}
      {notice !== undefined && <Notice kind={notice.kind}>{notice.text}</Notice>}
      {view !== undefined && (
        <div class="training">
          <Figure title="Loss" caption={<DataLine view={view} adapter={adapter.name} />}>
            <LossFigure view={view} experiment={experiment} />
          </Figure>
          <Figure
            title="The same test samples"
            caption="As the model reconstructs them now. It is never trained on them."
          >
            <ProgressSamples view={view} experiment={experiment} />
          </Figure>
        </div>
      )}
      <Files experiment={id} onSay={say} onModel={(model) => loaded(model)} onData={() => reset()} />
    </Page>
  );
}

const loaded = (model: ModelInfo): string =>
  `${model.name} is now the ${model.experiment} model on all pages${model.experiment.startsWith('fashion') ? ', including the latent plane' : ''}.`;

interface ControlsProps {
  readonly view: TrainingView | undefined;
  /** Whether the fields differ from the settings of the current run. */
  readonly changed: boolean;
  readonly onReset: () => void;
  readonly onUse: () => void;
}

function Controls({ view, changed, onReset, onUse }: ControlsProps) {
  const { engine } = useEngine();
  const phase = view?.phase ?? 'preparing';
  const running = phase === 'running' || phase === 'tuning';
  const idle = phase === 'paused' || phase === 'lost';
  const download = async () => {
    const bytes = await engine.trainingCheckpoint();
    save(new Blob([bytes as Uint8Array<ArrayBuffer>]), `${view!.settings.experiment}.safetensors`);
  };
  return (
    <div class="controls" role="toolbar" aria-label="Training">
      {running ? (
        <Button primary onClick={() => void engine.pauseTraining()}>
          Pause
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
      <Button disabled={view?.samples === undefined} onClick={() => void download()}>
        Download the weights
      </Button>
      <Button disabled={view?.samples === undefined || running} onClick={onUse}>
        Use them on all pages
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

function DataLine({ view: { data, phase }, adapter }: { view: TrainingView; adapter: string }) {
  if (data === undefined) return <>{phase === 'preparing' ? 'Preparing…' : ''}</>;
  const names = {
    procedural: <b>the procedural stand-in, not the real {data.name}</b>,
    hosted: <>{data.name}, hosted with this page</>,
    files: <>your files ({data.name})</>,
  };
  return (
    <>
      Data: {names[data.source]}, {data.train.toLocaleString('en')} training and {data.test.toLocaleString('en')} test
      samples. Adapter: {adapter}.
    </>
  );
}

/** The recipe's settings, with the changes from the address. */
function useSettings(experiment: Experiment): TrainingSettings {
  const { report } = experiment.presets;
  const [batchSize] = useNumber('batch', report.batchSize);
  const [learningRate] = useNumber('lr', report.learningRate);
  const [latent] = useNumber('latent', experiment.latent);
  const [seed] = useNumber('seed', 0);
  return useMemo(
    () => ({ experiment: experiment.id, batchSize, learningRate, latent, seed }),
    [experiment, batchSize, learningRate, latent, seed],
  );
}

const sameSettings = (a: TrainingSettings, b: TrainingSettings): boolean =>
  (['experiment', 'batchSize', 'learningRate', 'latent', 'seed'] as const).every((name) => a[name] === b[name]);

function SettingsFields({ experiment, settings }: { experiment: Experiment; settings: TrainingSettings }) {
  const { report } = experiment.presets;
  const [, setBatch] = useNumber('batch', report.batchSize, 0);
  const [, setRate] = useNumber('lr', report.learningRate, 7);
  const [, setLatent] = useNumber('latent', experiment.latent, 0);
  const [, setSeed] = useNumber('seed', 0, 0);
  return (
    <>
      <NumberField label="Batch" value={settings.batchSize} min={1} max={1024} step={1} onChange={setBatch} />
      <NumberField
        label="Learning rate"
        value={settings.learningRate}
        min={1e-6}
        max={1}
        step="any"
        onChange={setRate}
      />
      <NumberField label="Code length" value={settings.latent} min={1} max={512} step={1} onChange={setLatent} />
      <NumberField label="Seed" value={settings.seed} min={0} max={999_999_999} step={1} onChange={setSeed} />
    </>
  );
}
