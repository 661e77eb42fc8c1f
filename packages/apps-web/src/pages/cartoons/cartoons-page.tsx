import { concatenated } from '@hourglass/experiments';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { ModelInfo } from '../../engine/api.ts';
import type { EngineClient } from '../../engine/client.ts';
import { Button } from '../../kit/controls.tsx';
import { type Decode, Film } from '../../kit/film.tsx';
import { Figure, Notice, Page } from '../../kit/frames.tsx';
import { isOwn, useModelChoice } from '../../kit/model-choice.tsx';
import { ModelGate } from '../../kit/model-gate.tsx';
import { readPictures, FACES as SHEET } from '../../kit/sheet.ts';
import { useLatest } from '../../kit/use-latest.ts';
import { useSettled } from '../../kit/use-settled.ts';
import { SEEDS, useAddress, useNumber } from '../../shell/address.ts';
import { useEngine } from '../../shell/engine.ts';
import { FACES, Faces, type FacesProps, GENERATED, IMAGES, shippedWords } from './faces.tsx';
import { SteerFigure } from './steer-figure.tsx';
import { readWays, steered, writeWays } from './steering.ts';

/** The codes hardly vary along the directions after these. */
const DIRECTIONS = 6;
/** The faces picked initially. */
const FIRST = { a: 12, b: 8 };
const INDICES = { min: 0, max: FACES - 1, digits: 0 };
/** The number of the visitor's images to pick from. */
const OFFERED = 100;

const MODELS = [
  { value: 'cartoon-vae', title: 'Faces' },
  { value: 'fashion-gan', title: 'Garments of a GAN' },
  { value: 'fashion-vae-gan', title: 'Garments of a VAE-GAN' },
] as const;
const isCartoon = (experiment: string): boolean => experiment === MODELS[0].value;

/** The address's parameters to remove for another model, which has other pictures. */
const PICKED = ['seed', 'a', 'b', 'ways'];

export function CartoonsPage() {
  const { experiment, toggle } = useModelChoice('cartoons', MODELS, PICKED);
  const first = useFirstFaces(isCartoon(experiment));
  return (
    <Page
      title={isOwn(experiment) ? 'Your images' : isCartoon(experiment) ? 'Cartoons' : 'Garments'}
      lead={
        isOwn(experiment)
          ? 'Pick a picture and steer it: a few directions account for most of the differences between your images.'
          : isCartoon(experiment)
            ? 'Nobody ever drew these faces: the decoder made them from random numbers. Pick one and steer it: a few directions account for most of the differences between faces.'
            : 'Nobody ever sewed these garments: the generator made them from random numbers. Pick one and steer it along the directions that change the pictures most.'
      }
    >
      {toggle}
      <ModelGate
        key={experiment}
        experiment={experiment}
        meanwhile={
          isCartoon(experiment) && (
            <div class="studio">
              <PickedFaces rows={first} count={FACES} words={wordsOf(experiment)} shape={SHEET.shape} />
            </div>
          )
        }
      >
        {(model) => <Studio {...{ model, first }} />}
      </ModelGate>
    </Page>
  );
}

const wordsOf = (experiment: string) => shippedWords(experiment, isCartoon(experiment) ? 'faces' : 'garments');

/** Codes of pictures to pick from: random ones, or those of the visitor's images if random ones decode to nothing. */
async function codesToPick(engine: EngineClient, model: ModelInfo, seed: number): Promise<Float32Array> {
  const { experiment, latent, generates } = model;
  if (generates) return engine.normal(FACES * latent, seed);
  const { rows, count } = await engine.testSamples(experiment, OFFERED);
  const size = rows.length / count;
  const first = (seed * FACES) % count;
  const chosen = Array.from({ length: Math.min(FACES, count) }, (_, i) => (first + i) % count);
  const picked = chosen.map((from) => rows.subarray(from * size, (from + 1) * size));
  return engine.encode(experiment, concatenated(picked));
}

/** The faces of seed 0, decoded in advance: the model needs seconds to arrive and to draw the same faces. */
function useFirstFaces(wanted: boolean): Float32Array | undefined {
  const [seed] = useNumber('seed', 0, SEEDS);
  const [faces, setFaces] = useState<Float32Array>();
  const needed = wanted && seed === 0;
  useEffect(() => {
    // Without the file, the page waits for the model.
    if (needed) readPictures(SHEET).then(setFaces, () => undefined);
  }, [needed]);
  return needed ? faces : undefined;
}

/** Pictures to pick from; the address stores the seed and the picks. */
function PickedFaces(props: Pick<FacesProps, 'rows' | 'count' | 'words' | 'shape'>) {
  const address = useAddress();
  const [seed] = useNumber('seed', 0, SEEDS);
  const { a, b } = usePicks(props.count);
  return (
    <Faces
      {...props}
      {...{ seed, a, b }}
      onSeed={(next) => address.set({ seed: String(next), ways: undefined })}
      onPick={(which, face) => address.set({ [which]: String(face), ...(which === 'a' ? { ways: undefined } : {}) })}
    />
  );
}

function usePicks(count: number): { readonly a: number; readonly b: number } {
  const [a] = useNumber('a', FIRST.a, INDICES);
  const [b] = useNumber('b', FIRST.b, INDICES);
  return { a: a % count, b: b % count };
}

interface StudioProps {
  readonly model: ModelInfo;
  /** The pictures of {@link SHEET}, shown until the model has drawn them; undefined if there are none. */
  readonly first: Float32Array | undefined;
}

function Studio({ model, first }: StudioProps) {
  const { engine } = useEngine();
  const address = useAddress();
  const [problem, setProblem] = useState<string>();
  const [seed] = useNumber('seed', 0, SEEDS);
  const { experiment, latent, shape } = model;
  const [own, cartoon] = [isOwn(experiment), isCartoon(experiment)];
  const size = shape.reduce((product, extent) => product * extent);
  const decode = useCallback<Decode>((codes) => engine.decode(experiment, codes), [engine, experiment]);

  const codes = useLatest(seed, (wanted) => codesToPick(engine, model, wanted), setProblem);
  const rows = useLatest(codes, decode, setProblem);
  const count = codes === undefined ? FACES : codes.length / latent;
  const { a, b } = usePicks(count);
  const same = model.origin === 'shipped' && String(shape) === String(SHEET.shape);
  const meanwhile = same ? first : undefined;
  const codeOf = (face: number) => codes?.slice(face * latent, (face + 1) * latent);
  const code = useMemo(() => codeOf(a), [codes, a, latent]);
  const other = useMemo(() => codeOf(b), [codes, b, latent]);

  const [directions, setDirections] = useState<Float32Array>();
  const hasFaces = rows !== undefined;
  useEffect(() => {
    // Faces first: finding the directions can take a while
    if (!hasFaces) return;
    engine.directions(experiment, DIRECTIONS).then(setDirections, (error: Error) => setProblem(error.message));
  }, [engine, experiment, hasFaces]);
  const text = address.param('ways');
  const ways = useMemo(() => readWays(text, (directions?.length ?? 0) / latent), [text, directions, latent]);
  const steeredCode = useMemo(
    () => code && steered(code, directions ?? new Float32Array(), ways),
    [code, directions, ways],
  );
  const from = useSettled(steeredCode);

  return (
    <>
      {problem !== undefined && (
        <Notice kind="problem" actions={<Button onClick={() => location.reload()}>Reload</Button>}>
          {problem}
        </Notice>
      )}
      <div class="studio">
        <PickedFaces
          {...{ count, shape }}
          rows={rows ?? meanwhile}
          words={own ? (model.generates ? GENERATED : IMAGES) : wordsOf(experiment)}
        />
        <SteerFigure
          {...{ code, steeredCode, directions, ways, shape, decode }}
          meanwhile={meanwhile?.slice(a * size, (a + 1) * size)}
          chosen={
            own || cartoon
              ? `along which the codes of ${own ? 'your images' : 'real cartoons'} differ most`
              : 'that change the first layer of the generator most'
          }
          onWays={(next) => address.set({ ways: writeWays(next) })}
          name={`${cartoon ? 'cartoon' : experiment}-${seed}-${a + 1}`}
          onProblem={setProblem}
        />
      </div>
      <Figure
        title="From A to B"
        caption={
          <>
            The straight line between two codes.{' '}
            {cartoon && (
              <>
                Every point on it is a face: the space between faces is full of faces. The model was trained on the{' '}
                <a href="https://google.github.io/cartoonset/">Cartoon Set</a> of Google LLC, licensed under{' '}
                <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>; the images were resized.
              </>
            )}
          </>
        }
      >
        <Film from={from} to={other} {...{ shape, decode }} onProblem={setProblem} />
      </Figure>
    </>
  );
}
