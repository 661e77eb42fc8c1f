import { useEffect, useState } from 'preact/hooks';
import type { KeptTraining, ModelInfo, TrainingSettings } from '../../engine/api.ts';
import { type ExperimentInfo, infoOf, OFFERED } from '../../engine/experiment-info.ts';
import { Button, Select } from '../../kit/controls.tsx';
import { Figure, Notice, Page } from '../../kit/frames.tsx';
import { OWN_VIEWS } from '../../kit/model-choice.tsx';
import { useAddress, useChoice } from '../../shell/address.ts';
import { useEngine } from '../../shell/engine.ts';
import { Controls } from './controls.tsx';
import { Files, type Message, opened } from './files.tsx';
import { KeptRuns } from './kept-runs.tsx';
import { LossFigure } from './loss-figure.tsx';
import { ProgressSamples } from './progress-samples.tsx';
import { SettingsFields, sameSettings, useSettings } from './settings.tsx';
import { type TrainingView, useTraining } from './store.ts';

/** The experiment that a CPU trains while the visitor watches. */
const QUICKEST = 'ecg';

export function TrainPage() {
  const { engine, adapter } = useEngine();
  const address = useAddress();
  const store = useTraining();
  const { view, trained } = store;
  const usual = adapter.kind === 'software' ? QUICKEST : 'fashion-vae';
  const infos = [...OFFERED.map(infoOf), ...store.own.values()];
  const ids = infos.map((info) => info.id);
  const infoFor = (id: string) => infos.find((info) => info.id === id)!;
  const [id] = useChoice('experiment', ids, view?.settings.experiment ?? usual);
  const experiment = infoFor(id);
  const settings = useSettings(experiment);
  const [notice, setNotice] = useState<Message & { readonly kind: 'note' | 'problem' }>();
  /** The action that would discard trained steps, while the visitor is asked to confirm it. */
  const [asking, setAsking] = useState<'reset' | KeptTraining>();

  const reset = () => {
    setAsking(undefined);
    return store.prepare(experiment, settings);
  };
  const restart = async () => (trained > 0 ? setAsking('reset') : reset());
  // New data for the same own experiment restarts training too
  const [proposed, setProposed] = useState<ExperimentInfo>();
  const other = view !== undefined && view.settings.experiment !== id;
  // A new experiment restarts training; new settings wait for a reset
  useEffect(() => {
    setAsking(undefined);
    if (view === undefined || other || (proposed !== undefined && proposed.id === id)) void restart();
  }, [id, proposed]);
  const shown = view?.experiment ?? experiment;
  const changed = view !== undefined && !sameSettings(view.settings, settings);

  const [kept, setKept] = useState<KeptTraining>();
  useEffect(() => void store.last().then(setKept), [store]);
  useEffect(() => {
    if (trained > 0) setKept(undefined);
  }, [trained > 0]);
  const [compared, setCompared] = useState<KeptTraining>();
  const resume = (run: KeptTraining) => {
    setAsking(undefined);
    void store.prepare(infoFor(run.settings.experiment), run.settings, run);
    address.set(parametersOf(run.settings));
  };
  const keep = () => {
    setAsking(undefined);
    address.set(parametersOf(view!.settings));
  };
  const say = (work: Promise<Message>) => {
    setNotice({ kind: 'note', text: 'Reading…' });
    work.then(
      (message) => setNotice({ kind: 'note', ...message }),
      (error: Error) => setNotice({ kind: 'problem', text: error.message }),
    );
  };
  const takeTrained = async () => opened('The model trained here', await engine.useTrained());

  return (
    <Page
      title="Train"
      lead={`Training runs entirely in this tab, on your ${adapter.kind === 'software' ? 'processor' : 'graphics card'}: forward pass, backward pass and Adam. Watch the same test samples become recognisable as the loss falls, stop when you like, and keep the weights.`}
    >
      <div class="settings">
        <Select
          label="Experiment"
          options={infos.map((info) => ({ value: info.id, title: info.title }))}
          value={id}
          onChange={(experiment) => {
            setNotice(undefined);
            address.set({ experiment, batch: undefined, lr: undefined, latent: undefined });
          }}
        />
        <SettingsFields experiment={experiment} settings={settings} />
      </div>
      {kept !== undefined && ids.includes(kept.settings.experiment) && trained === 0 && (
        <Notice
          actions={
            <Button primary onClick={() => resume(kept)}>
              Continue it
            </Button>
          }
        >
          Your last visit left a run of “{infoFor(kept.settings.experiment).title}” with {kept.step} trained steps. A
          new run replaces it.
        </Notice>
      )}
      {asking !== undefined && (
        <Notice
          actions={
            <>
              <Button onClick={() => void (asking === 'reset' ? reset() : resume(asking))}>Discard it</Button>
              <Button primary onClick={keep}>
                Keep it
              </Button>
            </>
          }
        >
          This discards the run of “{shown.title}” with {trained} trained steps. You can keep it under a name first.
        </Notice>
      )}
      <Controls
        {...{ view, changed }}
        onReset={() => void restart()}
        onUse={() => say(takeTrained())}
        onProblem={(text) => setNotice({ kind: 'problem', text })}
      />
      {view?.message !== undefined && view.phase !== 'tuning' && (
        <Notice kind="problem" actions={view.phase === 'failed' && <Button onClick={() => void reset()}>Reset</Button>}>
          {view.message}
        </Notice>
      )}
      {notice !== undefined && (
        <Notice kind={notice.kind} actions={notice.model && <OwnLinks model={notice.model} />}>
          {notice.text}
        </Notice>
      )}
      {view !== undefined && (
        <div class="training">
          <Figure title="Loss" caption={<DataLine view={view} adapter={adapter.name} />}>
            <LossFigure view={view} experiment={shown} compared={compared} />
          </Figure>
          <Figure
            title={shown.reconstructs ? 'The same test samples' : 'The same random codes'}
            caption={
              shown.reconstructs
                ? 'As the model reconstructs them now. It is never trained on them.'
                : 'The images that the generator makes of them now.'
            }
          >
            <ProgressSamples view={view} experiment={shown} />
          </Figure>
        </div>
      )}
      <KeptRuns
        view={view}
        titleOf={(experiment) => infos.find((info) => info.id === experiment)?.title}
        compared={compared}
        onCompare={setCompared}
        onContinue={(run) => (trained > 0 ? setAsking(run) : resume(run))}
        onProblem={(text) => setNotice({ kind: 'problem', text })}
      />
      <Files
        experiment={id}
        onSay={say}
        onData={() => restart()}
        onOwn={(own) => {
          for (const info of own) store.own.set(info.id, info);
          setProposed(own[0]);
          address.set({ experiment: own[0]!.id, batch: undefined, lr: undefined, latent: undefined });
        }}
      />
    </Page>
  );
}

/** The settings as parameters of the address. */
const parametersOf = ({ experiment, batchSize, learningRate, latent, seed }: TrainingSettings) => ({
  experiment,
  batch: String(batchSize),
  lr: String(learningRate),
  latent: String(latent),
  seed: String(seed),
});

/** Links to the pages that show a model of the visitor's own data. */
function OwnLinks({ model: { experiment } }: { model: ModelInfo }) {
  const views = OWN_VIEWS.filter(({ experiments }) => experiment in experiments);
  return (
    <>
      {views.map(({ page, title }) => (
        <a key={page} class="button" href={`#/${page}?model=${experiment}`}>
          {title}
        </a>
      ))}
    </>
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
