import { useRef, useState } from 'preact/hooks';
import { Picture } from '../../kit/picture.tsx';
import { type Place, SIDE, stroke } from './drawing.ts';

interface PadProps {
  readonly pixels: Float32Array;
  readonly onDraw: (pixels: Float32Array) => void;
  readonly erasing: boolean;
}

const SHAPE = [SIDE, SIDE, 1];

/** Paper to draw on with the pointer. Keys: arrows move the brush, Space draws, Shift with an arrow draws a line. */
export function Pad({ pixels, onDraw, erasing }: PadProps) {
  const [brush, setBrush] = useState<Place>([SIDE / 2, SIDE / 2]);
  const latest = useRef({ pixels, at: brush });
  latest.current.pixels = pixels;
  const ink = erasing ? 0 : 1;

  const draw = (from: Place, to: Place) => {
    // Several events can arrive between two renders.
    latest.current.pixels = stroke(latest.current.pixels, from, to, ink);
    onDraw(latest.current.pixels);
  };
  const placeOf = ({
    currentTarget,
    clientX,
    clientY,
  }: {
    currentTarget: Element;
    clientX: number;
    clientY: number;
  }) => {
    const { left, top, width, height } = currentTarget.getBoundingClientRect();
    return [((clientX - left) / width) * SIDE, ((clientY - top) / height) * SIDE] as const;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const arrows: Record<string, Place> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const arrow = arrows[event.key];
    if (arrow !== undefined) {
      const within = (value: number) => Math.min(SIDE, Math.max(0, value));
      const to: Place = [within(brush[0] + arrow[0]), within(brush[1] + arrow[1])];
      if (event.shiftKey) draw(brush, to);
      setBrush(to);
    } else if (event.key === ' ') draw(brush, brush);
    else return;
    event.preventDefault();
  };

  return (
    <div
      class="pad"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes keyboard input
      tabIndex={0}
      role="application"
      aria-label="Paper to draw a garment on. Arrow keys move the brush, the space bar draws, Shift with an arrow draws a line."
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        latest.current.at = placeOf(event);
        draw(latest.current.at, latest.current.at);
      }}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        const to = placeOf(event);
        draw(latest.current.at, to);
        latest.current.at = to;
      }}
    >
      <Picture rows={pixels} shape={SHAPE} label="The drawing" />
      {pixels.every((value) => value === 0) && <span class="pad-hint">Draw a garment here</span>}
      <span
        class="pad-brush"
        style={{ left: `${(100 * brush[0]) / SIDE}%`, top: `${(100 * brush[1]) / SIDE}%` }}
        aria-hidden="true"
      />
    </div>
  );
}
