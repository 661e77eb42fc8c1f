import { DROPPED_FILES } from '@hourglass/datasets';
import type { ModelInfo } from '../../engine/api.ts';
import { type ExperimentInfo, OFFERED } from '../../engine/experiment-info.ts';
import { FileDrop } from '../../kit/file-drop.tsx';
import { Figure } from '../../kit/frames.tsx';
import { isOwn } from '../../kit/model-choice.tsx';
import { useEngine } from '../../shell/engine.ts';

/** A sentence for the visitor, and the visitor's own model that it is about. */
export interface Message {
  readonly text: string;
  readonly model?: ModelInfo;
}

/** Says that the pages now show other weights. */
export function opened(name: string, model: ModelInfo): Message {
  const { experiment } = model;
  if (!isOwn(experiment)) return { text: `${name} is now the ${experiment} model on all pages.` };
  return {
    text: `${name} is now the model of your ${experiment === 'series' ? 'series' : 'images'} on these pages.`,
    model,
  };
}

interface FilesProps {
  readonly experiment: string;
  /** Shows the message that the work resolves to, or its error. */
  readonly onSay: (work: Promise<Message>) => void;
  /** Called when the experiment has new data. */
  readonly onData: () => Promise<void>;
  /** Called when the data has its own experiments; the first is proposed. */
  readonly onOwn: (own: readonly ExperimentInfo[]) => void;
}

/** Drop areas for the visitor's own weights and data. */
export function Files({ experiment, onSay, onData, onOwn }: FilesProps) {
  const { engine } = useEngine();
  const takeWeights = async (files: File[]) => {
    const model = await engine.loadFiles(experiment, files);
    return opened(model.name, model);
  };
  const takeData = async (files: File[]): Promise<Message> => {
    const { description, experiments, own } = await engine.addData(files);
    const data = `From your files: ${description}.`;
    if (own !== undefined) {
      onOwn(own);
      const [first, ...others] = own.map(({ title }) => `“${title}”`);
      const also = others.length > 0 ? ` You can also choose ${others.join(' or ')}.` : '';
      return { text: `${data} ${first} is ready to train on them: press Start.${also}` };
    }
    if (!experiments.includes(experiment)) {
      const titles = OFFERED.filter(({ id }) => experiments.includes(id)).map(({ title }) => title);
      return { text: `${data} Choose an experiment to train on them: ${titles.join(', ')}.` };
    }
    await onData();
    return { text: `${data} Training restarts with them.` };
  };
  return (
    <Figure title="Your own files" caption="Files are read in the browser and sent nowhere.">
      <div class="drops">
        <FileDrop label="Weights" onFiles={(files) => onSay(takeWeights(files))}>
          A <code>.safetensors</code> file of this experiment or of your own images or series, or <code>.keras</code> or{' '}
          <code>.h5</code> from Keras, with encoder and decoder in one file or two.
        </FileDrop>
        <FileDrop label="Data" onFiles={(files) => onSay(takeData(files))}>
          Your own photographs or a folder of them, or a CSV of series or of one long recording. Or the report’s data:{' '}
          {DROPPED_FILES}.
        </FileDrop>
      </div>
    </Figure>
  );
}
