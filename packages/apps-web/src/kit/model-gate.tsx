import type { ComponentChildren } from 'preact';
import type { ModelInfo } from '../engine/api.ts';
import { useEngine } from '../shell/engine.ts';
import { Button } from './controls.tsx';
import { Notice, Progress } from './frames.tsx';
import { isOwn } from './model-choice.tsx';
import { useModel } from './use-model.ts';

interface ModelGateProps {
  readonly experiment: string;
  readonly children: (model: ModelInfo) => ComponentChildren;
  /** Shown below the progress while the model is loading; default nothing. */
  readonly meanwhile?: ComponentChildren;
  /** Shown if the site has no such model; default: a link to the page that trains it. */
  readonly missing?: ComponentChildren;
}

/** Shows its children once the model is loaded; until then the progress, or what to do if the model is missing. */
export function ModelGate({ experiment, children, meanwhile, missing }: ModelGateProps) {
  const loading = useModel(experiment);
  switch (loading.state) {
    case 'ready':
      return (
        <>
          {loading.model.origin === 'own' && <OwnModel model={loading.model} onBack={loading.reload} />}
          {loading.model.lacksData ? <DataLacking experiment={experiment} /> : children(loading.model)}
        </>
      );
    case 'loading':
      return (
        <>
          <Progress label={`Loading the model ${experiment}`} fraction={loading.fraction} />
          {meanwhile}
        </>
      );
    case 'failed':
      return (
        <Notice kind="problem" actions={<Button onClick={loading.reload}>Try again</Button>}>
          {loading.message}
        </Notice>
      );
    case 'missing':
      if (isOwn(experiment)) return <DataLacking experiment={experiment} />;
      if (missing !== undefined) return <>{missing}</>;
      return (
        <Notice
          actions={
            <a class="button" href={`#/train?experiment=${experiment}`}>
              Train {experiment}
            </a>
          }
        >
          This site was built without the trained model <b>{experiment}</b>. You can train it here in a few minutes on a
          graphics card, or drop a file with its weights on the “Train” page.
        </Notice>
      );
  }
}

/** Says what to drop for a page about the visitor's own data. */
function DataLacking({ experiment }: { experiment: string }) {
  return (
    <Notice
      actions={
        <a class="button" href="#/train">
          Go to Train
        </a>
      }
    >
      This page needs {experiment === 'series' ? 'your series' : 'your images'} and a model of them. Drop{' '}
      {experiment === 'series' ? 'a CSV' : 'images'} on the “Train” page, and train a model there or drop one too.
      Reloading the page discards both.
    </Notice>
  );
}

/** Says that the weights are the visitor's own, with a button that returns to the ones that ship. */
function OwnModel({ model: { experiment, name }, onBack }: { model: ModelInfo; onBack: () => void }) {
  const { engine } = useEngine();
  const back = () => void engine.forget(experiment).then(onBack);
  return (
    <Notice actions={!isOwn(experiment) && <Button onClick={back}>Back to this site’s model</Button>}>
      These are your own weights: {name}.
    </Notice>
  );
}
