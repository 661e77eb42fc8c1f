import { useEffect, useId, useState } from 'preact/hooks';
import { type KeptTraining, LAST } from '../../engine/api.ts';
import { Button } from '../../kit/controls.tsx';
import { Figure } from '../../kit/frames.tsx';
import { save } from '../../kit/save.ts';
import { useEngine } from '../../shell/engine.ts';
import type { TrainingView } from './store.ts';

interface KeptRunsProps {
  readonly view: TrainingView | undefined;
  /** The title of an experiment; undefined if its data is not here. */
  readonly titleOf: (experiment: string) => string | undefined;
  /** The run whose loss is drawn beside the current one's. */
  readonly compared: KeptTraining | undefined;
  readonly onCompare: (run: KeptTraining | undefined) => void;
  readonly onContinue: (run: KeptTraining) => void;
  readonly onProblem: (message: string) => void;
}

/** The run's name for screen readers, because all runs have the same buttons. */
const of = ({ name }: KeptTraining) => <span class="hidden"> {name}</span>;

/** Keeps the current run under a name, and lists the runs kept before. */
export function KeptRuns({ view, titleOf, compared, onCompare, onContinue, onProblem }: KeptRunsProps) {
  const { engine } = useEngine();
  const id = useId();
  const [runs, setRuns] = useState<readonly KeptTraining[]>([]);
  const [name, setName] = useState('');
  const update = async (work: Promise<void>) => {
    await work.catch((error: Error) => onProblem(error.message));
    setRuns((await engine.keptTrainings()).filter((run) => run.name !== LAST));
  };
  useEffect(() => void update(Promise.resolve()), [engine]);
  const keepable = view?.phase === 'paused' && view.progress !== undefined && name.trim() !== '';
  const download = async (run: KeptTraining) => {
    const bytes = await engine.keptCheckpoint(run.name);
    save(new Blob([bytes as Uint8Array<ArrayBuffer>]), `${run.name}.safetensors`);
  };
  return (
    <Figure
      title="Kept runs"
      caption={
        <>
          The browser stores these runs for this site. The command line accepts a downloaded run as{' '}
          <code>--weights</code>, and you can drop a run of the command line below.
        </>
      }
    >
      <form
        class="keep"
        onSubmit={(event) => {
          event.preventDefault();
          void update(engine.keepTraining(name.trim(), view!.curve));
        }}
      >
        <div class="field">
          <label for={id}>Name of the current run</label>
          <input
            id={id}
            type="text"
            maxLength={60}
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </div>
        <button type="submit" disabled={!keepable}>
          Keep this run
        </button>
      </form>
      <ul class="kept-runs" aria-label="Kept runs">
        {runs.map((run) => (
          <li key={run.name}>
            <b>{run.name}</b>
            <span class="quiet-text">
              {titleOf(run.settings.experiment) ?? run.settings.experiment}, {run.step} steps
            </span>
            <span class="actions">
              <Button
                pressed={compared?.name === run.name}
                onClick={() => onCompare(compared?.name === run.name ? undefined : run)}
              >
                Compare{of(run)}
              </Button>
              <Button disabled={titleOf(run.settings.experiment) === undefined} onClick={() => onContinue(run)}>
                Continue{of(run)}
              </Button>
              <Button onClick={() => void download(run).catch((error: Error) => onProblem(error.message))}>
                Download{of(run)}
              </Button>
              <Button onClick={() => void update(engine.forgetTraining(run.name))}>Delete{of(run)}</Button>
            </span>
          </li>
        ))}
      </ul>
    </Figure>
  );
}
