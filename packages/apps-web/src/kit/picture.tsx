import { useLayoutEffect, useRef } from 'preact/hooks';
import { useColours } from './colours.ts';
import { pixels } from './pixels.ts';

interface PictureProps {
  /** Rows [n, ...shape]; undefined draws nothing. */
  readonly rows: Float32Array | undefined;
  /** Which row to draw; default the first. */
  readonly index?: number;
  readonly shape: readonly number[];
  /** Describes the picture to screen readers. */
  readonly label: string;
  /** Width in CSS pixels; default the container's. */
  readonly width?: number;
}

/** One row, drawn as a picture. */
export function Picture({ rows, index = 0, shape, label, width }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useColours();
  useLayoutEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    if (rows === undefined) context.clearRect(0, 0, shape[1]!, shape[0]!);
    else context.putImageData(pixels(rows, index, shape, colours), 0, 0);
  }, [rows, index, shape, colours]);
  return (
    <canvas
      ref={canvas}
      class={rows === undefined ? 'picture waiting' : 'picture'}
      role="img"
      aria-label={label}
      width={shape[1]}
      height={shape[0]}
      style={width === undefined ? undefined : { width: `${width}px` }}
    />
  );
}
