import { DROPPED_FILES } from '@hourglass/datasets';
import { EXPERIMENTS } from '@hourglass/experiments';
import type { ModelInfo } from '../../engine/api.ts';
import { FileDrop } from '../../kit/file-drop.tsx';
import { Figure } from '../../kit/frames.tsx';
import { useEngine } from '../../shell/engine.ts';

interface FilesProps {
  readonly experiment: string;
  readonly onSay: (work: Promise<string | undefined>) => void;
  /** The message about a model that was loaded. */
  readonly onModel: (model: ModelInfo) => string;
  /** Called when the experiment has new data. */
  readonly onData: () => Promise<void>;
}

/** Drop areas for the visitor's own weights and data. */
export function Files({ experiment, onSay, onModel, onData }: FilesProps) {
  const { engine } = useEngine();
  const takeWeights = async (files: File[]) => onModel(await engine.loadFiles(experiment, files));
  const takeData = async (files: File[]) => {
    const { description, experiments } = await engine.addData(files);
    const data = `From your files: ${description}.`;
    if (!experiments.includes(experiment)) {
      const titles = experiments.map((other) => EXPERIMENTS.get(other)!.title);
      return `${data} Choose an experiment to train on them: ${titles.join(', ')}.`;
    }
    await onData();
    return `${data} Training restarts with them.`;
  };
  return (
    <Figure title="Your own files" caption="Files are read in the browser and sent nowhere.">
      <div class="drops">
        <FileDrop label="Weights" onFiles={(files) => onSay(takeWeights(files))}>
          A <code>.safetensors</code> file of this experiment, or <code>.keras</code> or <code>.h5</code> from Keras,
          with encoder and decoder in one file or two.
        </FileDrop>
        <FileDrop label="Data" onFiles={(files) => onSay(takeData(files))}>
          {`${DROPPED_FILES.charAt(0).toUpperCase()}${DROPPED_FILES.slice(1)}.`}
        </FileDrop>
      </div>
    </Figure>
  );
}
