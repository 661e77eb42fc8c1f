import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { Button, Slider } from '../../kit/controls.tsx';
import { Film } from '../../kit/film.tsx';
import { Figure, Notice, Page } from '../../kit/frames.tsx';
import { Picture } from '../../kit/picture.tsx';
import { FACES_ON_LINE, GARMENTS, mixed, readSheet, type Sheet, SPACING, shapeOf } from '../../kit/sheet.ts';
import type { Point, Viewport } from '../plane/viewport.ts';
import { MiniPlane } from '../start/mini-plane.tsx';

interface Browser {
  readonly key: string;
  /** Matches the user agent of this browser. */
  readonly agent: RegExp;
  readonly advice: ComponentChildren;
}

const BROWSERS: readonly Browser[] = [
  {
    key: 'chrome',
    agent: /(Windows|Mac OS|CrOS|Android).*Chrome/,
    advice: (
      <>
        <b>Chrome, Edge and Opera</b> 113 or newer on Windows, macOS and ChromeOS, and 121 or newer on Android
      </>
    ),
  },
  {
    key: 'linux',
    agent: /X11; Linux.*Chrome/,
    advice: (
      <>
        <b>Chrome</b> on Linux with a recent driver; with older drivers, set the flag{' '}
        <code>chrome://flags/#enable-unsafe-webgpu</code>
      </>
    ),
  },
  {
    key: 'safari',
    agent: /Version\/.*Safari/,
    advice: (
      <>
        <b>Safari</b> 26 or newer on macOS, iOS, iPadOS and visionOS
      </>
    ),
  },
  {
    key: 'firefox',
    agent: /Firefox/,
    advice: (
      <>
        <b>Firefox</b> 141 or newer on Windows, and 145 or newer on Macs with Apple silicon
      </>
    ),
  },
];

/** The browsers with WebGPU, the visitor's first. Old browsers, which need this page most, lack `toSorted`. */
const browsersFor = (agent: string): readonly Browser[] =>
  [...BROWSERS].sort((a, b) => Number(b.agent.test(agent)) - Number(a.agent.test(agent)));

/**
 * Replaces the pages where WebGPU is missing: the reason, the browsers that have it, and pictures decoded in advance.
 */
export function FallbackPage({ reason }: { reason: string }) {
  return (
    <Page
      title="This demo needs WebGPU"
      lead={`${reason} The models run on the graphics card through WebGPU, which these browsers support:`}
    >
      <ul class="browsers">
        {browsersFor(navigator.userAgent).map(({ key, advice }) => (
          <li key={key}>{advice}</li>
        ))}
      </ul>
      <p>The pictures below were decoded in advance, so they work here too.</p>
      <DecodedPlane />
      <DecodedPath />
    </Page>
  );
}

/** The visible part of the plane: all of it. */
const VIEW: Viewport = { centre: [0, 0], span: GARMENTS.columns * SPACING };
const MOST_Z1 = (SPACING * GARMENTS.columns) / 2;
const MOST_Z2 = (SPACING * GARMENTS.rows) / 2;

/** A map of garments, and the picture at a place that the visitor chooses. */
function DecodedPlane() {
  const { pixels, problem } = useSheet(GARMENTS);
  const [at, setAt] = useState<Point>([0.5, -0.3]);
  const [z1, z2] = at;
  const picture = useMemo(() => {
    const position = Float32Array.of((z1 + MOST_Z1) / SPACING - 0.5, (MOST_Z2 - z2) / SPACING - 0.5);
    return pixels && mixed(GARMENTS, pixels, position);
  }, [pixels, z1, z2]);
  const slider = (label: string, value: number, most: number, to: (value: number) => Point) => (
    <Slider
      {...{ label, value, min: -most, max: most, step: 0.1 }}
      format={(shown) => shown.toFixed(1)}
      onInput={(next) => setAt(to(next))}
    />
  );
  return (
    <Figure
      title="The latent plane"
      caption="A variational autoencoder squeezes every picture of a garment into a code of two numbers, and draws it again from those numbers alone. So every place on this map is a garment: drag the ring. With WebGPU, the page decodes every place anew; here it mixes the four nearest pictures of the map."
    >
      {problem}
      <div class="decoded">
        <div class="decoded-map">
          <Picture
            rows={pixels}
            shape={shapeOf(GARMENTS)}
            label="A map of garments: shoes, trousers, shirts and bags"
          />
          <MiniPlane codes={undefined} view={VIEW} code={at} onMove={setAt} />
        </div>
        <div class="decoded-side">
          <Picture rows={picture} shape={GARMENTS.shape} label="The garment at the ring" />
          {slider('First number', z1, MOST_Z1, (next) => [next, z2])}
          {slider('Second number', z2, MOST_Z2, (next) => [z1, next])}
        </div>
      </div>
    </Figure>
  );
}

const [FIRST, LAST] = [Float32Array.of(0), Float32Array.of(FACES_ON_LINE.columns - 1)];

/** A film from one face to another. */
function DecodedPath() {
  const { pixels, problem } = useSheet(FACES_ON_LINE);
  const decode = useCallback(
    async (steps: Float32Array) =>
      mixed(
        FACES_ON_LINE,
        pixels!,
        Float32Array.from({ length: 2 * steps.length }, (_, i) => (i % 2 ? 0 : steps[i / 2]!)),
      ),
    [pixels],
  );
  const ready = pixels !== undefined;
  return (
    <Figure
      title="From face to face"
      caption="Two faces that nobody drew, decoded from random codes of 200 numbers, and the pictures along the straight line between the codes. The model was trained on Google’s Cartoon Set (CC BY 4.0)."
    >
      {problem}
      <Film
        {...{ decode, shape: FACES_ON_LINE.shape, onProblem: () => undefined }}
        from={ready ? FIRST : undefined}
        to={ready ? LAST : undefined}
      />
    </Figure>
  );
}

interface SheetState {
  /** undefined until the file is loaded. */
  readonly pixels: Float32Array | undefined;
  /** What to show instead of the pictures. */
  readonly problem: ComponentChildren;
}

function useSheet(sheet: Sheet): SheetState {
  const [pixels, setPixels] = useState<Float32Array>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    readSheet(sheet).then(setPixels, () => setFailed(true));
  }, [sheet]);
  const problem = failed && (
    <Notice kind="problem" actions={<Button onClick={() => location.reload()}>Reload</Button>}>
      {sheet.file} can’t be loaded.
    </Notice>
  );
  return { pixels, problem };
}
