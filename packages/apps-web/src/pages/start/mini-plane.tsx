import { useLayoutEffect, useRef } from 'preact/hooks';
import type { TestCodes } from '../../engine/api.ts';
import { token, useColours } from '../../kit/colours.ts';
import { contextFor } from '../../kit/pixels.ts';
import { useWidth } from '../../kit/use-width.ts';
import { type Point, toPlane, toScreen, type Viewport } from '../plane/viewport.ts';

interface MiniPlaneProps {
  readonly codes: TestCodes | undefined;
  readonly view: Viewport;
  readonly code: Point | undefined;
  readonly onMove: (code: Point) => void;
}

/** The maximum number of test images drawn as dots. */
const DOTS = 1500;
const RING = 7;

/** The latent plane with dots for test images, and a ring to drag. The sliders do the same by keyboard. */
export function MiniPlane({ codes, view, code, onMove }: MiniPlaneProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(canvas);
  const colours = useColours();
  useLayoutEffect(() => {
    const { context, width, height } = contextFor(canvas.current!);
    const size = { width, height };
    context.clearRect(0, 0, width, height);
    const classColours = Array.from({ length: 10 }, (_, i) => token(`--class-${i}`));
    for (let i = 0; i < Math.min(DOTS, codes?.labels.length ?? 0); i++) {
      const [x, y] = toScreen(view, size, [codes!.points[2 * i]!, codes!.points[2 * i + 1]!]);
      context.fillStyle = classColours[codes!.labels[i]!]!;
      context.fillRect(x - 1, y - 1, 2, 2);
    }
    if (code === undefined) return;
    context.beginPath();
    context.arc(...toScreen(view, size, code), RING, 0, 2 * Math.PI);
    context.lineWidth = 5;
    context.strokeStyle = token('--surface');
    context.stroke();
    context.lineWidth = 2.5;
    context.strokeStyle = token('--text');
    context.stroke();
  }, [codes, view, code?.[0], code?.[1], colours, width]);
  const drag = (event: PointerEvent) => {
    const { left, top, width, height } = canvas.current!.getBoundingClientRect();
    const within = (value: number, most: number) => Math.min(most, Math.max(0, value));
    const at: Point = [within(event.clientX - left, width), within(event.clientY - top, height)];
    onMove(toPlane(view, { width, height }, at));
  };
  return (
    <canvas
      ref={canvas}
      class="mini-plane"
      role="img"
      aria-label="The latent plane: a dot for each test image, and a ring at the current code"
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        drag(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) drag(event);
      }}
    />
  );
}
