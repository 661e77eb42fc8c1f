import { type CodePlane, codesAt, MOST_DIRECTED } from '@hourglass/experiments';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { ModelInfo, TestCodes } from '../../engine/api.ts';
import { Button, Toggle } from '../../kit/controls.tsx';
import { Film } from '../../kit/film.tsx';
import { Figure, Notice, Page, Progress } from '../../kit/frames.tsx';
import { Legend } from '../../kit/legend.tsx';
import { isOwn, useModelChoice } from '../../kit/model-choice.tsx';
import { ModelGate } from '../../kit/model-gate.tsx';
import { Picture } from '../../kit/picture.tsx';
import { useLatest } from '../../kit/use-latest.ts';
import { useAddress, useChoice } from '../../shell/address.ts';
import { useEngine } from '../../shell/engine.ts';
import { InventionsFigure } from './inventions.tsx';
import { type Handle, PlaneMap } from './map.tsx';
import { SamplesFigure, useSamples } from './samples.tsx';
import { formatPoint, POINT, type Point, VIEWPORT, viewportOf } from './viewport.ts';

const MODELS = [
  { value: 'fashion-vae', title: 'Variational' },
  { value: 'fashion', title: 'Plain' },
] as const;
/** The plane of codes of two numbers. */
const NUMBERS: CodePlane = { origin: [0, 0], axes: [1, 0, 0, 1] };
const NONE: ReadonlySet<number> = new Set();
/** The address's parameters to remove for another model, where the old positions mean nothing. */
const POSITIONS = ['view', 'z', 'a', 'b'];

const ASIDES: Readonly<Record<string, string>> = {
  'fashion-vae':
    'Variational: trained to keep its codes close to a normal distribution (the dashed circles), so most points drawn at random look like garments. Between two classes the pictures are blurred.',
  fashion:
    'Plain: it puts its codes anywhere. The decoder was never trained between or beyond them, so points drawn at random are rarely garments.',
};

export function PlanePage() {
  const { experiment, toggle } = useModelChoice('plane', MODELS, POSITIONS);
  return (
    <Page
      title="The latent plane"
      lead={
        isOwn(experiment)
          ? 'Your model squeezes each of your images into a code of a few numbers, and draws it again from those numbers alone. Every place on the map is a code, and every code is a picture: drag the ring and see.'
          : 'An autoencoder squeezes every picture into a code, here of two numbers, and draws it again from those numbers alone. So every picture has a place on a plane, and every place on the plane is a picture: drag the ring and see.'
      }
    >
      <div class="model-choice">
        {toggle}
        {experiment in ASIDES && <p class="aside">{ASIDES[experiment]}</p>}
      </div>
      <ModelGate key={experiment} experiment={experiment}>
        {(model) =>
          model.latent >= 2 && model.latent <= MOST_DIRECTED ? (
            <Plane model={model} />
          ) : (
            <Notice>
              This model’s codes have {model.latent} {model.latent === 1 ? 'number' : 'numbers'}. The map needs 2 to{' '}
              {MOST_DIRECTED}.
            </Notice>
          )
        }
      </ModelGate>
    </Page>
  );
}

/** The plane of the model's codes. For codes of more than two numbers, it is shown once it has been found. */
function Plane({ model }: { model: ModelInfo }) {
  const { engine } = useEngine();
  const [problem, setProblem] = useState<string>();
  const [codes, setCodes] = useState<TestCodes>();
  useEffect(() => {
    engine.testCodes(model.experiment).then(setCodes, (error: Error) => setProblem(error.message));
  }, [engine, model]);
  const plane = model.latent === 2 ? NUMBERS : codes?.plane;
  return (
    <>
      {problem !== undefined && (
        <Notice kind="problem" actions={<Button onClick={() => location.reload()}>Reload</Button>}>
          {problem}
        </Notice>
      )}
      {plane !== undefined ? (
        <Explorer {...{ model, plane, codes }} onProblem={setProblem} />
      ) : (
        problem === undefined && <Progress label="Encoding the images" fraction={undefined} />
      )}
    </>
  );
}

interface ExplorerProps {
  readonly model: ModelInfo;
  readonly plane: CodePlane;
  readonly codes: TestCodes | undefined;
  readonly onProblem: (message: string) => void;
}

function Explorer({ model, plane, codes, onProblem }: ExplorerProps) {
  const { engine } = useEngine();
  const address = useAddress();
  const [hiddenClasses, setHidden] = useHidden();
  const [layers, setLayers] = useChoice('show', ['both', 'pictures', 'codes'], 'both');
  const hidden = hasClasses(codes) ? hiddenClasses : NONE;
  /** Whether the codes are points of the plane themselves, not only near the plane. */
  const isPlane = model.latent === 2;
  const decode = useCallback(
    async (points: Float32Array): Promise<Float32Array> => {
      try {
        return await engine.decode(model.experiment, codesAt(plane, points));
      } catch (error) {
        onProblem(error instanceof Error ? error.message : String(error));
        throw error;
      }
    },
    [engine, model, plane],
  );

  const whole = useMemo(() => viewportOf(codes?.points ?? new Float32Array()), [codes]);
  const view = address.value('view', VIEWPORT) ?? whole;
  const place = (name: string, at: Point): Point =>
    address.value(name, POINT) ?? [whole.centre[0] + at[0] * whole.span, whole.centre[1] + at[1] * whole.span];
  const handles = { probe: place('z', [0.06, -0.04]), a: place('a', [-0.3, 0.28]), b: place('b', [0.3, 0.22]) };
  const onHandle = (handle: Handle, to: Point) => address.setValue(handle === 'probe' ? 'z' : handle, to, POINT);
  const samples = useSamples(onProblem);
  const from = useMemo(() => Float32Array.from(handles.a), handles.a);
  const to = useMemo(() => Float32Array.from(handles.b), handles.b);

  return (
    <>
      <div class="plane">
        <Figure
          title="Map of the plane"
          actions={
            <Toggle
              label="Show"
              options={[
                { value: 'both', title: 'Both' },
                { value: 'pictures', title: 'Decoded' },
                { value: 'codes', title: 'Codes' },
              ]}
              value={layers}
              onChange={setLayers}
            />
          }
          caption={
            <>
              Pictures: each point, decoded. Coloured marks: where the encoder puts {marksOf(codes, layers)}.{' '}
              {isPlane
                ? 'Dashed: one and two standard deviations of the normal distribution.'
                : `The codes have ${model.latent} numbers: the map is the plane through their mean along the two directions in which they vary most.`}{' '}
              The wheel zooms after a click into the map, or with Ctrl; on a touch screen, two fingers move and zoom the
              map.
            </>
          }
        >
          <PlaneMap
            {...{ model, decode, codes, hidden, layers, view, handles, onHandle }}
            normal={isPlane}
            onView={(next) => address.setValue('view', next, VIEWPORT)}
            samples={isPlane ? samples.codes : undefined}
          />
        </Figure>
        <div class="plane-side">
          <Probe model={model} at={handles.probe} codes={codes} decode={decode} />
          {hasClasses(codes) && <Legend classes={codes.classes} hidden={hidden} onChange={setHidden} />}
          {address.param('view') !== undefined && (
            <Button onClick={() => address.set({ view: undefined })}>Show the whole plane</Button>
          )}
        </div>
      </div>
      <Figure
        title="From A to B"
        caption={`The pictures along the straight line between two codes.${isOwn(model.experiment) ? '' : ' Some garments change shape on the way: a sleeve grows, for example. Dissimilar garments, such as a shoe and a shirt, fade through a blur.'} Drag A and B on the map.`}
      >
        <Film shape={model.shape} decode={decode} from={from} to={to} onProblem={onProblem} />
      </Figure>
      {isPlane && (
        <SamplesFigure model={model} samples={samples} decode={decode} onPick={(point) => onHandle('probe', point)} />
      )}
      {model.experiment === 'fashion-vae' && (
        <InventionsFigure model={model} seed={Math.max(samples.seed, 0)} onDraw={samples.draw} />
      )}
    </>
  );
}

/** Whether the images have classes; the visitor's own have none. */
const hasClasses = (codes: TestCodes | undefined): codes is TestCodes =>
  codes !== undefined && codes.classes.length > 1;

/** Describes the test images that the map marks. */
function marksOf(codes: TestCodes | undefined, layers: string): string {
  const images = codes?.procedural
    ? 'test images of the procedural stand-in'
    : codes?.classes.length === 1
      ? codes.classes[0]!
      : 'test images';
  const count = codes?.labels.length.toLocaleString('en');
  if (count === undefined) return images;
  if (layers === 'both') return `${images} (of ${count}, as many as leave the pictures visible)`;
  return codes?.classes.length === 1 ? `${count} of ${images}` : `${count} ${images}`;
}

interface ProbeProps {
  readonly model: ModelInfo;
  readonly at: Point;
  readonly codes: TestCodes | undefined;
  readonly decode: (codes: Float32Array) => Promise<Float32Array>;
}

/** The decoded picture of the point under the ring. */
function Probe({ model, at, codes, decode }: ProbeProps) {
  const [z1, z2] = at;
  const code = useMemo(() => Float32Array.of(z1, z2), [z1, z2]);
  const picture = useLatest(code, decode, () => undefined);
  const nearest = useMemo(() => (hasClasses(codes) ? nearestClass(codes, [z1, z2]) : undefined), [codes, z1, z2]);
  return (
    <figure class="probe" aria-live="polite">
      <Picture rows={picture} shape={model.shape} label={`The decoded picture at ${formatPoint(at)}`} />
      <figcaption>
        <span class="number">
          {model.latent === 2 && 'z = '}({z1.toFixed(2)}, {z2.toFixed(2)})
        </span>
        {nearest && <span>nearest code: {nearest}</span>}
      </figcaption>
    </figure>
  );
}

function nearestClass({ points, labels, classes }: TestCodes, [z1, z2]: Point): string | undefined {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < labels.length; i++) {
    const distance = (points[2 * i]! - z1) ** 2 + (points[2 * i + 1]! - z2) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return classes[labels[best]!];
}

/** Indices of the hidden classes, stored in the address. */
function useHidden(): [ReadonlySet<number>, (hidden: ReadonlySet<number>) => void] {
  const address = useAddress();
  const text = address.param('hide');
  const hidden = useMemo(() => new Set(text?.split(',').map(Number)), [text]);
  return [hidden, (next) => address.set({ hide: next.size === 0 ? undefined : [...next].sort().join() })];
}
