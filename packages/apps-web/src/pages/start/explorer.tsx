import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ModelInfo, TestCodes, TestSamples } from '../../engine/api.ts';
import { Button } from '../../kit/controls.tsx';
import { Notice } from '../../kit/frames.tsx';
import { Picture } from '../../kit/picture.tsx';
import { useLatest } from '../../kit/use-latest.ts';
import { useAddress, useNumber } from '../../shell/address.ts';
import { useEngine } from '../../shell/engine.ts';
import { POINT, type Point, viewportOf } from '../plane/viewport.ts';
import { Hourglass } from './hourglass.tsx';
import { Steps } from './steps.tsx';

/** Garments to choose from. */
const OFFERED = 16;

/** A garment on its way through the model, the garments to choose from, and three steps that explain it. */
export function Explorer({ model }: { model: ModelInfo }) {
  const { engine } = useEngine();
  const address = useAddress();
  const { experiment, shape } = model;
  const [problem, setProblem] = useState<string>();
  const [garments, setGarments] = useState<TestSamples>();
  const [codes, setCodes] = useState<TestCodes>();
  useEffect(() => {
    const onProblem = (error: Error) => setProblem(error.message);
    engine.testSamples(experiment, OFFERED).then(setGarments, onProblem);
    engine.testCodes(experiment).then(setCodes, onProblem);
  }, [engine, experiment]);

  const [asked, setNumber] = useNumber('garment', 0, { min: 0, max: OFFERED - 1, digits: 0 });
  const number = garments === undefined || asked < garments.count ? asked : 0;
  const size = shape.reduce((a, b) => a * b);
  const garment = useMemo(() => garments?.rows.slice(number * size, (number + 1) * size), [garments, number, size]);
  const encoded = useLatest(garment, (row) => engine.activations(experiment, 'encoder', row), setProblem);
  const own = encoded?.at(-1)?.values;
  const moved = address.value('z', POINT);
  const code: Point | undefined = moved ?? (own && [own[0]!, own[1]!]);
  const wanted = useMemo(() => code && Float32Array.from(code), [code?.[0], code?.[1]]);
  const decoded = useLatest(wanted, (at) => engine.activations(experiment, 'decoder', at), setProblem);
  const view = useMemo(() => viewportOf(codes?.points ?? new Float32Array()), [codes]);
  const move = (to: Point) => address.setValue('z', to, POINT);
  const output = decoded?.at(-1)?.values;
  const loss = useMemo(
    () => (moved || !garment || !output ? undefined : squaredError(garment, output)),
    [garment, output, moved],
  );

  return (
    <>
      {problem !== undefined && (
        <Notice kind="problem" actions={<Button onClick={() => location.reload()}>Reload</Button>}>
          {problem}
        </Notice>
      )}
      <figure class="frame">
        <Hourglass {...{ garment, encoded, code, decoded, shape, view }} onMove={move} />
        <div class="garments">
          <div class="garment-list">
            {Array.from({ length: Math.min(OFFERED, garments?.count ?? OFFERED) }, (_, i) => (
              <button
                key={i}
                type="button"
                class="bare pick"
                disabled={garments === undefined}
                aria-pressed={i === number && moved === undefined}
                onClick={() => {
                  address.set({ z: undefined });
                  setNumber(i);
                }}
              >
                <Picture
                  rows={garments?.rows}
                  index={i}
                  shape={shape}
                  label={garments ? `Choose: ${garments.classes[garments.labels[i]!]}` : 'A garment'}
                />
              </button>
            ))}
          </div>
          <Button disabled={moved === undefined} onClick={() => address.set({ z: undefined })}>
            Back to the garment’s own numbers
          </Button>
        </div>
        <figcaption>
          The small pictures show four of each layer’s outputs, computed live, each from its lowest value (paper) to its
          highest (ink). The encoder’s outputs still resemble the garment. The decoder’s outputs are grainy: the last
          layer adds 32 of them up to one smooth picture.
          {garments?.source === 'procedural' && ' The garments are the procedural stand-in’s, drawn by code.'}
        </figcaption>
      </figure>
      <Steps {...{ codes, view, code, loss }} onMove={move} />
    </>
  );
}

/** Mean squared difference of two pictures. */
function squaredError(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length;
}
