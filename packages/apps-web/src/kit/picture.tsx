import { useLayoutEffect, useRef } from 'preact/hooks';
import { useColours } from './colours.ts';
import { pixels } from './pixels.ts';

interface PictureProps {
  /** Rows [n, ...shape]; undefined draws nothing. */
  readonly rows: Float32Array | undefined;
  /** Which of them; default the first. */
  readonly index?: number;
  readonly shape: readonly number[];
  /** What is to be seen, for those who can't. */
  readonly label: string;
  /** Its width in CSS pixels; default that of the place it is in. */
  readonly width?: number;
}

/** A picture of a model. */
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
      class="picture"
      role="img"
      aria-label={label}
      width={shape[1]}
      height={shape[0]}
      style={width === undefined ? undefined : { width: `${width}px` }}
    />
  );
}
