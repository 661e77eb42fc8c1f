import { partsOfNoise } from '@hourglass/experiments';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { ModelInfo, TestSamples } from '../../engine/api.ts';
import { Button, Slider, Toggle } from '../../kit/controls.tsx';
import { Figure, Notice, Page, Progress } from '../../kit/frames.tsx';
import { isOwn, useModelChoice } from '../../kit/model-choice.tsx';
import { ModelGate } from '../../kit/model-gate.tsx';
import { Picture } from '../../kit/picture.tsx';
import { useLatest } from '../../kit/use-latest.ts';
import { SEEDS, useAddress, useNumber } from '../../shell/address.ts';
import { useEngine } from '../../shell/engine.ts';
import { readDrawing, SIDE, writeDrawing } from './drawing.ts';
import { NoiseSweep } from './noise-sweep.tsx';
import { type Denoise, NOISES } from './noises.ts';
import { Pad } from './pad.tsx';

/** Pictures offered at a time, and in total. */
const OFFERED = 20;
const GARMENTS = 200;
/** A garment of the stand-in that the shipped model, which has learned real garments, draws well. */
const CLEAR_GARMENT = 4;
/** The address's parameters to remove for another model, which has other pictures. */
const PICTURE = ['garment', 'draw', 'seed', 'noise'];

export function DenoisePage() {
  const { experiment, toggle } = useModelChoice('denoise', [{ value: 'denoise', title: 'Garments' }], PICTURE);
  return (
    <Page
      title="Denoise"
      lead={
        isOwn(experiment)
          ? 'Put noise on one of your images, and the model draws the image again without the noise. The noise is of the kind that your model was trained with.'
          : 'Put salt-and-pepper noise on a picture, and the autoencoder draws it again without the noise. It was trained to turn noisy pictures into clean ones: it learned what garments look like, and two numbers leave no room for noise.'
      }
    >
      {toggle}
      <ModelGate key={experiment} experiment={experiment}>
        {(model) => <Denoiser model={model} />}
      </ModelGate>
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
        problem === undefined && <Progress label="Loading pictures" fraction={undefined} />
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
  const [kind, usual] = partsOfNoise(model.noise);
  const scale = NOISES[kind];
  const [amount, setAmount] = useNumber('noise', Math.min(usual, scale.max), { min: 0, max: scale.max });
  const [seed, setSeed] = useNumber('seed', 0, SEEDS);
  const [number, setNumber] = useNumber('garment', garments.source === 'procedural' ? CLEAR_GARMENT : 0, {
    min: 0,
    digits: 0,
  });
  const [erasing, setErasing] = useState(false);
  const chosen = number < garments.count ? number : 0;
  const { shape } = model;
  const own = isOwn(model.experiment);
  const size = garments.rows.length / garments.count;

  const text = address.param('draw');
  const drawing = useMemo(() => (own ? undefined : readDrawing(text)), [own, text]);
  const draw = (pixels: Float32Array) => address.set({ draw: writeDrawing(pixels) });
  const blank = () => draw(new Float32Array(SIDE * SIDE));
  const garment = useMemo(
    () => drawing ?? garments.rows.slice(chosen * size, (chosen + 1) * size),
    [drawing, garments, chosen, size],
  );

  const denoise = useCallback<Denoise>(
    async (picture, amounts, noiseSeed) => {
      const parts = await Promise.all(amounts.map((each) => engine.noisy(picture, `${kind}:${each}`, noiseSeed)));
      const noisy = new Float32Array(parts.length * picture.length);
      parts.forEach((part, i) => {
        noisy.set(part, i * picture.length);
      });
      return { noisy, clean: await engine.reconstruct(model.experiment, noisy) };
    },
    [engine, model, kind],
  );
  const question = useMemo(() => ({ garment, amount, seed }), [garment, amount, seed]);
  const answer = useLatest(
    question,
    async (asked) => ({ ...(await denoise(asked.garment, [asked.amount], asked.seed)), garment: asked.garment }),
    onProblem,
  );

  return (
    <>
      <Figure
        title={drawing === undefined ? nameOf(garments, chosen) : 'Your drawing'}
        actions={
          !own && (
            <Toggle
              label="Picture to denoise"
              options={[
                { value: 'garment', title: 'A test image' },
                { value: 'drawing', title: 'Draw one' },
              ]}
              value={drawing === undefined ? 'garment' : 'drawing'}
              onChange={(choice) => (choice === 'drawing' ? blank() : address.set({ draw: undefined }))}
            />
          )
        }
      >
        <div class="denoise">
          <div class="stage">
            {drawing === undefined ? (
              <Picture rows={garment} shape={shape} label="The picture" />
            ) : (
              <Pad pixels={drawing} onDraw={draw} erasing={erasing} />
            )}
            <p>the original</p>
          </div>
          <div class="stage">
            <Picture rows={answer?.noisy} shape={shape} label="The picture with noise" />
            <p>
              with noise <Distance of={answer?.noisy} to={answer?.garment} />
            </p>
          </div>
          <div class="stage">
            <Picture rows={answer?.clean} shape={shape} label="The picture, denoised by the model" />
            <p>
              from the model <Distance of={answer?.clean} to={answer?.garment} />
            </p>
          </div>
        </div>
        <div class="denoise-controls">
          <Slider
            label={`Noise: ${shape[2] === 1 ? scale.gray : scale.coloured}`}
            value={amount}
            min={0}
            max={scale.max}
            step={0.01}
            format={scale.format}
            onInput={setAmount}
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
      <NoiseSweep garment={answer?.garment} {...{ shape, seed, scale, denoise, onProblem }}>
        {own
          ? 'The model was trained with noise of one strength. With more noise, the output eventually becomes a different picture.'
          : 'The model was trained with 10% noise. Two numbers have no room for noise: the output is always a clean garment, but with more noise it eventually becomes a different one.'}
      </NoiseSweep>
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

/** The class of a picture; the visitor's own have none. */
const nameOf = ({ classes, labels }: TestSamples, number: number): string =>
  classes[labels[number] ?? -1] ?? `Image ${number + 1}`;

/** Where the pictures are from. */
const SOURCES: Readonly<Record<TestSamples['source'], string>> = {
  procedural: 'Garments of the procedural stand-in, drawn by code: the test images are not part of this site.',
  hosted: 'From the test set of Fashion-MNIST. The model has never seen them.',
  files: 'From your files.',
};

/** Garments of the test split, a few at a time. */
function GarmentChooser({ garments, shape, chosen, onChoose }: GarmentChooserProps) {
  const from = Math.floor(chosen / OFFERED) * OFFERED;
  const turn = (by: number) => onChoose((from + by + garments.count) % garments.count);
  return (
    <Figure
      title="Choose a picture"
      actions={garments.count > OFFERED && <Button onClick={() => turn(OFFERED)}>Show more</Button>}
      caption={SOURCES[garments.source]}
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
              label={`${nameOf(garments, number)}, number ${number}`}
            />
          </button>
        ))}
      </div>
    </Figure>
  );
}
