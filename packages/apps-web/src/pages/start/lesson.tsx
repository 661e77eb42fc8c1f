import { proxy } from 'comlink';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LessonFrame } from '../../engine/api.ts';
import { Button, Slider } from '../../kit/controls.tsx';
import { Figure } from '../../kit/frames.tsx';
import { Picture } from '../../kit/picture.tsx';
import { useEngine } from '../../shell/engine.ts';
import { LossLine } from './loss-line.tsx';

/** Shape of a garment, before the first frame says it. */
const SHAPE = [28, 28, 1];
/** Pictures in a row, before the first frame. */
const SHOWN = 12;

/** A small real training in the page, from noise to garments. Its frames can be looked at again. */
export function Lesson() {
  const { engine } = useEngine();
  const [frames, setFrames] = useState<readonly LessonFrame[]>([]);
  const [state, setState] = useState<'new' | 'running' | 'done' | { readonly problem: string }>('new');
  const [looked, setLooked] = useState<number>();
  const gone = useRef(false);
  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
    };
  }, []);
  const start = () => {
    setFrames([]);
    setLooked(undefined);
    setState('running');
    const listener = (frame: LessonFrame): boolean => {
      if (!gone.current) setFrames((before) => [...before, frame]);
      return !gone.current;
    };
    engine.lesson(proxy(listener)).then(
      () => setState('done'),
      (error: Error) => setState({ problem: error.message }),
    );
  };
  const last = frames.length - 1;
  const index = Math.min(looked ?? last, last);
  const frame = frames[index];
  const shape = frame?.shape ?? SHAPE;
  const shown = frame === undefined ? SHOWN : frame.inputs.length / shape.reduce((a, b) => a * b);
  const rows = (which: 'inputs' | 'outputs') =>
    Array.from({ length: shown }, (_, i) => (
      <Picture
        key={i}
        rows={frame?.[which]}
        index={i}
        shape={shape}
        label={`${which === 'inputs' ? 'Garment' : 'Drawn again: garment'} ${i + 1}`}
      />
    ));
  return (
    <Figure
      title="What training is"
      actions={
        <Button primary={state === 'new'} disabled={state === 'running'} onClick={start}>
          {state === 'new' ? 'Train a small model' : state === 'running' ? 'Training…' : 'Train again'}
        </Button>
      }
      caption={`This is a real training run, here in the page: a small autoencoder starts with random weights, so it draws noise. Each step shows it 50 garments, measures the loss, and changes every weight a little in the direction that lowers it. The pictures are test images: the model is never trained on them.${frame?.source === 'procedural' ? ' The garments are the procedural stand-in’s, drawn by code.' : ''}`}
    >
      {typeof state === 'object' && <p class="problem-text">{state.problem}</p>}
      <div class="lesson" data-step={frame?.step}>
        <div class="lesson-rows">
          <span class="quiet-text">test images</span>
          <div class="strip">{rows('inputs')}</div>
          <span class="quiet-text">drawn again</span>
          <div class="strip">{rows('outputs')}</div>
        </div>
        <div class="lesson-loss">
          <LossLine frames={frames} index={index} />
          <Slider
            label={frame === undefined ? 'Step' : `Step of ${frame.steps}`}
            value={Math.max(0, index)}
            min={0}
            max={Math.max(1, last)}
            step={1}
            disabled={last < 1}
            format={() => String(frame?.step ?? 0)}
            onInput={setLooked}
          />
        </div>
      </div>
    </Figure>
  );
}
