import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ModelInfo, TestCodes } from '../../engine/api.ts';
import { useColours } from '../../kit/colours.ts';
import { Button } from '../../kit/controls.tsx';
import type { Decode } from '../../kit/film.tsx';
import { contextFor } from '../../kit/pixels.ts';
import { useGestures } from './gestures.ts';
import { drawCodes, drawHandle, drawNormal, drawSamples, drawWay } from './overlay.ts';
import { Tiles } from './tiles.ts';
import { type Point, type Size, type Viewport, zoomed } from './viewport.ts';

/** The handles that can be dragged. */
export type Handle = 'probe' | 'a' | 'b';

export interface PlaneMapProps {
  readonly model: ModelInfo;
  readonly decode: Decode;
  readonly codes: TestCodes | undefined;
  readonly hidden: ReadonlySet<number>;
  readonly layers: 'both' | 'pictures' | 'codes';
  readonly view: Viewport;
  readonly onView: (view: Viewport) => void;
  readonly handles: Readonly<Record<Handle, Point>>;
  readonly onHandle: (handle: Handle, to: Point) => void;
  readonly samples: Float32Array | undefined;
  /** Whether the normal distribution, the source of samples, is drawn. */
  readonly normal: boolean;
}

/** Map area in CSS pixels for each code drawn on the pictures: more codes would hide the pictures. */
const AREA_PER_CODE = 210;

const ZOOM_STEP = 1.5;
/** Share of the visible width per press of an arrow key; with Shift, a tenth. */
const KEY_STEP = 0.04;

/**
 * The latent plane: drag a handle, drag the plane, or click to place the probe. Keys: arrows move the probe (in fine
 * steps with Shift), A and B make them move an end of the path, P the probe again; plus and minus zoom.
 */
export function PlaneMap(props: PlaneMapProps) {
  const { model, decode, view, onView, handles, onHandle } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const tiles = useRef<Tiles | undefined>(undefined);
  const colours = useColours();
  const [keyboard, setKeyboard] = useState<Handle | undefined>();
  const latest = useRef(props);
  latest.current = props;

  const draw = () => {
    if (canvas.current === null) return;
    const { context, width, height } = contextFor(canvas.current);
    const now = latest.current;
    const size = { width, height };
    context.fillStyle = `rgb(${colours.paper.join()})`;
    context.fillRect(0, 0, width, height);
    if (now.layers !== 'codes') {
      context.globalAlpha = now.layers === 'both' ? 0.5 : 1;
      tiles.current?.draw(context, now.view, size);
      context.globalAlpha = 1;
    }
    if (now.layers !== 'pictures' && now.codes !== undefined) {
      const count = now.layers === 'both' ? (width * height) / AREA_PER_CODE : now.codes.labels.length;
      drawCodes(context, now.view, size, now.codes, now.hidden, count);
    }
    if (now.normal) drawNormal(context, now.view, size);
    drawWay(context, now.view, size, now.handles.a, now.handles.b);
    if (now.samples !== undefined) drawSamples(context, now.view, size, now.samples);
    drawHandle(context, now.view, size, now.handles.a, { letter: 'A', focused: keyboard === 'a' });
    drawHandle(context, now.view, size, now.handles.b, { letter: 'B', focused: keyboard === 'b' });
    drawHandle(context, now.view, size, now.handles.probe, { focused: keyboard === 'probe' });
  };
  const drawLatest = useRef(draw);
  drawLatest.current = draw;
  const frame = useRef(0);
  const schedule = useRef(() => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => drawLatest.current());
  }).current;

  useEffect(() => {
    const made = new Tiles(decode, model.shape, colours, schedule);
    tiles.current = made;
    schedule();
    return () => made.stop();
  }, [decode, model, colours, schedule]);
  useLayoutEffect(schedule);
  useEffect(() => {
    const observer = new ResizeObserver(schedule);
    observer.observe(canvas.current!);
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame.current);
    };
  }, [schedule]);

  const size = (): Size => canvas.current!.getBoundingClientRect();
  useGestures(canvas, latest);

  const onKeyDown = (event: KeyboardEvent) => {
    const moved = keyboard ?? 'probe';
    const step = view.span * KEY_STEP * (event.shiftKey ? 0.1 : 1);
    const arrows: Record<string, Point> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
    };
    const [z1, z2] = handles[moved];
    const arrow = arrows[event.key];
    if (arrow !== undefined) onHandle(moved, [z1 + arrow[0] * step, z2 + arrow[1] * step]);
    else if (event.key === '+' || event.key === '=') zoomBy(1 / ZOOM_STEP);
    else if (event.key === '-') zoomBy(ZOOM_STEP);
    else if (event.key === 'a' || event.key === 'b') setKeyboard(event.key);
    else if (event.key === 'p') setKeyboard('probe');
    else return;
    event.preventDefault();
  };
  const zoomBy = (factor: number) => {
    const { width, height } = size();
    onView(zoomed(view, { width, height }, factor, [width / 2, height / 2]));
  };

  return (
    <div class="map">
      <div
        class="map-view"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes keyboard input
        tabIndex={0}
        role="application"
        aria-label={`The latent plane of ${model.experiment}. Arrow keys move the probe, A and B choose the ends of the path, plus and minus zoom.`}
        onKeyDown={onKeyDown}
        onFocus={({ currentTarget }) => setKeyboard(currentTarget.matches(':focus-visible') ? 'probe' : undefined)}
        onBlur={() => setKeyboard(undefined)}
      >
        <canvas ref={canvas} />
      </div>
      <div class="map-zoom">
        <Button onClick={() => zoomBy(1 / ZOOM_STEP)}>
          <span aria-hidden="true">+</span>
          <span class="hidden">Zoom in</span>
        </Button>
        <Button onClick={() => zoomBy(ZOOM_STEP)}>
          <span aria-hidden="true">−</span>
          <span class="hidden">Zoom out</span>
        </Button>
      </div>
    </div>
  );
}
