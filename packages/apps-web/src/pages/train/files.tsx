import { DROPPED_FILES } from '@hourglass/datasets';
import { EXPERIMENTS } from '@hourglass/experiments';
import type { ModelInfo } from '../../engine/api.ts';
import type { ExperimentInfo } from '../../engine/experiment-info.ts';
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
  /** Called when the data has its own experiment. */
  readonly onOwn: (own: ExperimentInfo) => void;
}

/** Drop areas for the visitor's own weights and data. */
export function Files({ experiment, onSay, onModel, onData, onOwn }: FilesProps) {
  const { engine } = useEngine();
  const takeWeights = async (files: File[]) => onModel(await engine.loadFiles(experiment, files));
  const takeData = async (files: File[]) => {
    const { description, experiments, own } = await engine.addData(files);
    const data = `From your files: ${description}.`;
    if (own !== undefined) {
      onOwn(own);
      return `${data} “${own.title}” is ready to train on them: press Start.`;
    }
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
          Your own photographs or a folder of them, or a CSV of series or of one long recording. Or the report’s data:{' '}
          {DROPPED_FILES}.
        </FileDrop>
      </div>
    </Figure>
  );
}
