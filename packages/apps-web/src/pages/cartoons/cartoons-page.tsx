import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { ModelInfo } from '../../engine/api.ts';
import { Button } from '../../kit/controls.tsx';
import { type Decode, Film } from '../../kit/film.tsx';
import { Figure, Notice, Page } from '../../kit/frames.tsx';
import { ModelGate } from '../../kit/model-gate.tsx';
import { useLatest } from '../../kit/use-latest.ts';
import { useSettled } from '../../kit/use-settled.ts';
import { SEEDS, useAddress, useNumber } from '../../shell/address.ts';
import { useEngine } from '../../shell/engine.ts';
import { FACES, Faces } from './faces.tsx';
import { SteerFigure } from './steer-figure.tsx';
import { readWays, steered, writeWays } from './steering.ts';

/** The codes hardly vary along the directions after these. */
const DIRECTIONS = 6;
/** The faces picked initially. */
const FIRST = { a: 12, b: 8 };
const INDICES = { min: 0, max: FACES - 1, digits: 0 };

export function CartoonsPage() {
  return (
    <Page
      title="Cartoons"
      lead="Nobody ever drew these faces: the decoder made them from random numbers. Pick one and steer it: a few directions account for most of the differences between faces."
    >
      <ModelGate experiment="cartoon-vae">{(model) => <Studio model={model} />}</ModelGate>
    </Page>
  );
}

function Studio({ model }: { model: ModelInfo }) {
  const { engine } = useEngine();
  const address = useAddress();
  const [problem, setProblem] = useState<string>();
  const [seed] = useNumber('seed', 0, SEEDS);
  const [a] = useNumber('a', FIRST.a, INDICES);
  const [b] = useNumber('b', FIRST.b, INDICES);
  const { experiment, latent, shape } = model;
  const decode = useCallback<Decode>((codes) => engine.decode(experiment, codes), [engine, experiment]);

  const codes = useLatest(seed, (wanted) => engine.normal(FACES * latent, wanted), setProblem);
  const rows = useLatest(codes, decode, setProblem);
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
        <Faces
          {...{ rows, shape, seed, a, b }}
          onSeed={(next) => address.set({ seed: String(next), ways: undefined })}
          onPick={(which, face) =>
            address.set({ [which]: String(face), ...(which === 'a' ? { ways: undefined } : {}) })
          }
        />
        <SteerFigure
          {...{ code, steeredCode, directions, ways, shape, decode }}
          onWays={(next) => address.set({ ways: writeWays(next) })}
          name={`cartoon-${seed}-${a + 1}`}
          onProblem={setProblem}
        />
      </div>
      <Figure
        title="From A to B"
        caption={
          <>
            The straight line between two codes. Every point on it is a face: the space between faces is full of faces.
            The model was trained on the <a href="https://google.github.io/cartoonset/">Cartoon Set</a> of Google LLC,
            licensed under <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>; the images were
            resized.
          </>
        }
      >
        <Film from={from} to={other} {...{ shape, decode }} onProblem={setProblem} />
      </Figure>
    </>
  );
}
