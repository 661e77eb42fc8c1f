import { NOISE_SHARE } from '@hourglass/experiments';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { ModelInfo, TestSamples } from '../../engine/api.ts';
import { Button, Slider, Toggle } from '../../kit/controls.tsx';
import { Figure, Notice, Page, Progress } from '../../kit/frames.tsx';
import { ModelGate } from '../../kit/model-gate.tsx';
import { Picture } from '../../kit/picture.tsx';
import { useLatest } from '../../kit/use-latest.ts';
import { SEEDS, useAddress, useNumber } from '../../shell/address.ts';
import { useEngine } from '../../shell/engine.ts';
import { readDrawing, SIDE, writeDrawing } from './drawing.ts';
import { NoiseSweep, percent } from './noise-sweep.tsx';
import { Pad } from './pad.tsx';

/** Garments offered at a time, and in total. */
const OFFERED = 20;
const GARMENTS = 200;
/** A garment of the stand-in that the shipped model, which has learned real garments, draws well. */
const CLEAR_GARMENT = 4;
/** Adds each share of noise to one garment and denoises the results: both [shares, ...shape]. */
export type Denoise = (garment: Float32Array, shares: readonly number[], seed: number) => Promise<Cleaned>;

interface Cleaned {
  readonly noisy: Float32Array;
  readonly clean: Float32Array;
}

export function DenoisePage() {
  return (
    <Page
      title="Denoise"
      lead="Put salt-and-pepper noise on a picture, and the autoencoder draws it again without the noise. It was trained to turn noisy pictures into clean ones: it learned what garments look like, and two numbers leave no room for noise."
    >
      <ModelGate experiment="denoise">{(model) => <Denoiser model={model} />}</ModelGate>
    </Page>
  );
}

function Denoiser({ model }: { model: ModelInfo }) {
  const { engine } = useEngine();
  const [garments, setGarments] = useState<TestSamples>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    engine.testSamples(model.experiment, GARMENTS).then(setGarments, (error: Error) => setProblem(error.message));
  }, [engine, model]);
  return (
    <>
      {problem !== undefined && (
        <Notice kind="problem" actions={<Button onClick={() => location.reload()}>Reload</Button>}>
          {problem}
        </Notice>
      )}
      {garments === undefined ? (
        problem === undefined && <Progress label="Loading garments" fraction={undefined} />
      ) : (
        <Bench model={model} garments={garments} onProblem={setProblem} />
      )}
    </>
  );
}

interface BenchProps {
  readonly model: ModelInfo;
  readonly garments: TestSamples;
  readonly onProblem: (message: string) => void;
}

function Bench({ model, garments, onProblem }: BenchProps) {
  const { engine } = useEngine();
  const address = useAddress();
  const [share, setShare] = useNumber('noise', NOISE_SHARE, { min: 0, max: 0.8 });
  const [seed, setSeed] = useNumber('seed', 0, SEEDS);
  const [number, setNumber] = useNumber('garment', garments.source === 'procedural' ? CLEAR_GARMENT : 0, {
    min: 0,
    digits: 0,
  });
  const [erasing, setErasing] = useState(false);
  const chosen = number in garments.labels ? number : 0;
  const { shape } = model;

  const text = address.param('draw');
  const drawing = useMemo(() => readDrawing(text), [text]);
  const draw = (pixels: Float32Array) => address.set({ draw: writeDrawing(pixels) });
  const blank = () => draw(new Float32Array(SIDE * SIDE));
  const garment = useMemo(
    () => drawing ?? garments.rows.slice(chosen * SIDE * SIDE, (chosen + 1) * SIDE * SIDE),
    [drawing, garments, chosen],
  );

  const denoise = useCallback<Denoise>(
    async (picture, shares, noiseSeed) => {
      const parts = await Promise.all(shares.map((each) => engine.noisy(picture, each, noiseSeed)));
      const noisy = new Float32Array(parts.length * picture.length);
      parts.forEach((part, i) => {
        noisy.set(part, i * picture.length);
      });
      return { noisy, clean: await engine.reconstruct(model.experiment, noisy) };
    },
    [engine, model],
  );
  const question = useMemo(() => ({ garment, share, seed }), [garment, share, seed]);
  const answer = useLatest(
    question,
    async (asked) => ({ ...(await denoise(asked.garment, [asked.share], asked.seed)), garment: asked.garment }),
    onProblem,
  );

  return (
    <>
      <Figure
        title={drawing === undefined ? garments.classes[garments.labels[chosen]!]! : 'Your drawing'}
        actions={
          <Toggle
            label="Picture to denoise"
            options={[
              { value: 'garment', title: 'A test image' },
              { value: 'drawing', title: 'Draw one' },
            ]}
            value={drawing === undefined ? 'garment' : 'drawing'}
            onChange={(choice) => (choice === 'drawing' ? blank() : address.set({ draw: undefined }))}
          />
        }
      >
        <div class="denoise">
          <div class="stage">
            {drawing === undefined ? (
              <Picture rows={garment} shape={shape} label="The garment" />
            ) : (
              <Pad pixels={drawing} onDraw={draw} erasing={erasing} />
            )}
            <p>the original</p>
          </div>
          <div class="stage">
            <Picture rows={answer?.noisy} shape={shape} label="The garment with noise" />
            <p>
              with noise <Distance of={answer?.noisy} to={answer?.garment} />
            </p>
          </div>
          <div class="stage">
            <Picture rows={answer?.clean} shape={shape} label="The garment, denoised by the model" />
            <p>
              from the model <Distance of={answer?.clean} to={answer?.garment} />
            </p>
          </div>
        </div>
        <div class="denoise-controls">
          <Slider
            label="Noise: pixels that become black or white"
            value={share}
            min={0}
            max={0.8}
            step={0.01}
            format={percent}
            onInput={setShare}
          />
          <Button onClick={() => setSeed(seed + 1)}>New noise</Button>
          {drawing !== undefined && (
            <>
              <Button pressed={erasing} onClick={() => setErasing(!erasing)}>
                Eraser
              </Button>
              <Button onClick={blank}>Clear</Button>
            </>
          )}
        </div>
      </Figure>
      {drawing === undefined && (
        <GarmentChooser garments={garments} shape={shape} chosen={chosen} onChoose={setNumber} />
      )}
      <NoiseSweep garment={answer?.garment} {...{ shape, seed, denoise, onProblem }} />
    </>
  );
}

/** The mean squared error between two pictures. */
function Distance({ of, to }: { of: Float32Array | undefined; to: Float32Array | undefined }) {
  if (of === undefined || to === undefined) return null;
  const sum = to.reduce((total, value, i) => total + (value - of[i]!) ** 2, 0);
  return <span class="distance number">MSE {(sum / to.length).toFixed(4)}</span>;
}

interface GarmentChooserProps {
  readonly garments: TestSamples;
  readonly shape: readonly number[];
  readonly chosen: number;
  readonly onChoose: (number: number) => void;
}

/** Garments of the test split, a few at a time. */
function GarmentChooser({ garments, shape, chosen, onChoose }: GarmentChooserProps) {
  const from = Math.floor(chosen / OFFERED) * OFFERED;
  const turn = (by: number) => onChoose((from + by + garments.count) % garments.count);
  return (
    <Figure
      title="Choose a garment"
      actions={<Button onClick={() => turn(OFFERED)}>Show others</Button>}
      caption={
        garments.source === 'procedural'
          ? 'Garments of the procedural stand-in, drawn by code: the test images are not part of this site.'
          : 'From the test set of Fashion-MNIST. The model has never seen them.'
      }
    >
      <div class="strip wrap">
        {Array.from({ length: Math.min(OFFERED, garments.count - from) }, (_, i) => from + i).map((number) => (
          <button
            key={number}
            type="button"
            class="bare pick"
            aria-pressed={number === chosen}
            onClick={() => onChoose(number)}
          >
            <Picture
              rows={garments.rows}
              index={number}
              shape={shape}
              label={`${garments.classes[garments.labels[number]!]}, number ${number}`}
            />
          </button>
        ))}
      </div>
    </Figure>
  );
}
