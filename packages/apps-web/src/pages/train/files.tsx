import { DROPPED_FILES } from '@hourglass/datasets';
import { EXPERIMENTS } from '@hourglass/experiments';
import type { ModelInfo } from '../../engine/api.ts';
import { FileDrop } from '../../kit/file-drop.tsx';
import { Figure } from '../../kit/frames.tsx';
import { useEngine } from '../../shell/engine.ts';

interface FilesProps {
  readonly experiment: string;
  readonly onSay: (work: Promise<string | undefined>) => void;
  /** What to say of a model that was loaded. */
  readonly onModel: (model: ModelInfo) => string;
  /** Is called when there are other data for the experiment. */
  readonly onData: () => Promise<void>;
}

/** Weights and data of the visitor's own. */
export function Files({ experiment, onSay, onModel, onData }: FilesProps) {
  const { engine } = useEngine();
  const takeWeights = async (files: File[]) => onModel(await engine.loadFiles(experiment, files));
  const takeData = async (files: File[]) => {
    const { description, experiments } = await engine.addData(files);
    const data = `From your files: ${description}.`;
    if (!experiments.includes(experiment)) {
      const titles = experiments.map((other) => EXPERIMENTS.get(other)!.title);
      return `${data} Choose an experiment to train with them: ${titles.join(', ')}.`;
    }
    await onData();
    return `${data} The training starts anew with them.`;
  };
  return (
    <Figure title="Your own files" caption="Files are read here, in the browser, and sent nowhere.">
      <div class="drops">
        <FileDrop label="Weights" onFiles={(files) => onSay(takeWeights(files))}>
          A <code>.safetensors</code> file of this experiment, or Keras’s <code>.keras</code> or <code>.h5</code>,
          encoder and decoder in one file or in two.
        </FileDrop>
        <FileDrop label="Data" onFiles={(files) => onSay(takeData(files))}>
          {`${DROPPED_FILES.charAt(0).toUpperCase()}${DROPPED_FILES.slice(1)}.`}
        </FileDrop>
      </div>
    </Figure>
  );
}
