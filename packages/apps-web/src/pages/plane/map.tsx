import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ModelInfo, TestCodes } from '../../engine/api.ts';
import { useColours } from '../../kit/colours.ts';
import { Button } from '../../kit/controls.tsx';
import type { Decode } from '../../kit/film.tsx';
import { contextFor } from '../../kit/pixels.ts';
import { drawCodes, drawHandle, drawNormal, drawSamples, drawWay, REACH } from './overlay.ts';
import { Tiles } from './tiles.ts';
import { type Point, panned, type Size, toPlane, toScreen, type Viewport, zoomed } from './viewport.ts';

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
    drawNormal(context, now.view, size);
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

/** One pointer drags a handle or the plane, two zoom; a click places the probe. The wheel zooms. */
function useGestures(
  canvas: { readonly current: HTMLCanvasElement | null },
  latest: { readonly current: PlaneMapProps },
): void {
  useEffect(() => {
    const element = canvas.current!;
    const size = (): Size => element.getBoundingClientRect();
    const pointers = new Map<number, Point>();
    let dragged: Handle | 'plane' | undefined;
    let moved = 0;
    const place = (event: MouseEvent): Point => {
      const { left, top } = element.getBoundingClientRect();
      return [event.clientX - left, event.clientY - top];
    };
    const handleAt = ([x, y]: Point): Handle | undefined => {
      const { handles, view } = latest.current;
      const distance = (handle: Handle): number => {
        const [hx, hy] = toScreen(view, size(), handles[handle]);
        return Math.hypot(hx - x, hy - y);
      };
      const nearest = (['probe', 'a', 'b'] as const).reduce((a, b) => (distance(b) < distance(a) ? b : a));
      return distance(nearest) <= REACH ? nearest : undefined;
    };
    const down = (event: PointerEvent) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, place(event));
      dragged = pointers.size === 1 ? (handleAt(place(event)) ?? 'plane') : 'plane';
      moved = pointers.size === 1 ? 0 : Number.POSITIVE_INFINITY;
      element.dataset.dragging = dragged;
    };
    const move = (event: PointerEvent) => {
      const before = pointers.get(event.pointerId);
      const now = place(event);
      if (before === undefined) {
        element.dataset.over = handleAt(now) ?? 'plane';
        return;
      }
      const { view, onView, onHandle } = latest.current;
      pointers.set(event.pointerId, now);
      moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
      if (dragged !== 'plane' && dragged !== undefined) return onHandle(dragged, toPlane(view, size(), now));
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      if (other === undefined) return onView(panned(view, size(), now[0] - before[0], now[1] - before[1]));
      const distance = (point: Point) => Math.hypot(point[0] - other[0], point[1] - other[1]);
      const middle: Point = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
      const pannedView = panned(view, size(), (now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
      onView(zoomed(pannedView, size(), distance(before) / Math.max(1, distance(now)), middle));
    };
    const up = (event: PointerEvent) => {
      if (!pointers.delete(event.pointerId)) return;
      const { view, onHandle } = latest.current;
      if (event.type === 'pointerup' && dragged === 'plane' && moved < 4)
        onHandle('probe', toPlane(view, size(), place(event)));
      if (pointers.size === 0) dragged = undefined;
      element.dataset.dragging = dragged ?? '';
    };
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const { view, onView } = latest.current;
      onView(zoomed(view, size(), Math.exp(Math.min(60, Math.max(-60, event.deltaY)) * 0.004), place(event)));
    };
    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up);
    element.addEventListener('pointercancel', up);
    element.addEventListener('wheel', wheel, { passive: false });
    return () => {
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerup', up);
      element.removeEventListener('pointercancel', up);
      element.removeEventListener('wheel', wheel);
    };
  }, [canvas, latest]);
}
