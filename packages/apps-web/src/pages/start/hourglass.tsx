import type { Activation } from '../../engine/api.ts';
import { Slider } from '../../kit/controls.tsx';
import { Picture } from '../../kit/picture.tsx';
import type { Point, Viewport } from '../plane/viewport.ts';
import { StageColumn } from './stage-column.tsx';

interface HourglassProps {
  readonly garment: Float32Array | undefined;
  /** Outputs of the encoder's stages; the last is the code. */
  readonly encoded: readonly Activation[] | undefined;
  readonly code: Point | undefined;
  /** Outputs of the decoder's stages; the last is the picture. */
  readonly decoded: readonly Activation[] | undefined;
  /** Shape of a picture. */
  readonly shape: readonly number[];
  /** The part of the plane with nearly all codes. */
  readonly view: Viewport;
  readonly onMove: (code: Point) => void;
}

/** Stages shown before anything is computed: the shipped model's. */
const ENCODER = [14, 7];
const DECODER = [7, 14, 28];

/** The picture, the encoder's stages, the two numbers, the decoder's stages and the decoded picture, side by side. */
export function Hourglass({ garment, encoded, code, decoded, shape, view, onMove }: HourglassProps) {
  const pixels = shape.reduce((a, b) => a * b);
  const half = view.span / 2;
  const numbers = ['First number', 'Second number'].map((label, i) => (
    <Slider
      key={label}
      label={label}
      value={code?.[i] ?? view.centre[i]!}
      min={view.centre[i]! - half}
      max={view.centre[i]! + half}
      step={view.span / 400}
      disabled={code === undefined}
      format={(value) => (code === undefined ? '…' : value.toFixed(2))}
      onInput={(value) => onMove(i === 0 ? [value, code![1]] : [code![0], value])}
    />
  ));
  return (
    <div class="hourglass">
      <div class="glass" aria-hidden="true" />
      <div class="end">
        <Picture rows={garment} shape={shape} label="The garment" />
        <p>
          <b>The picture</b>
          <span>{pixels} numbers</span>
        </p>
      </div>
      <Half title="Encoder" sides={ENCODER} stages={encoded?.slice(0, -1)} />
      <div class="neck">
        {numbers}
        <p>
          <b>The code</b>
          <span>2 numbers</span>
        </p>
      </div>
      <Half title="Decoder" sides={DECODER} stages={decoded?.slice(0, -1)} />
      <div class="end">
        <Picture rows={decoded?.at(-1)?.values} shape={shape} label="The picture drawn from the two numbers" />
        <p>
          <b>Drawn again</b>
          <span>from the 2 numbers alone</span>
        </p>
      </div>
    </div>
  );
}

interface HalfProps {
  readonly title: string;
  readonly sides: readonly number[];
  readonly stages: readonly Activation[] | undefined;
}

function Half({ title, sides, stages }: HalfProps) {
  return (
    <div class="half">
      <div class="half-stages">
        {(stages ?? sides).map((stage, i) =>
          typeof stage === 'number' ? (
            <StageColumn key={i} side={stage} activation={undefined} />
          ) : (
            <StageColumn key={i} side={stage.shape[0]!} activation={stage} />
          ),
        )}
      </div>
      <p>
        <b>{title}</b>
      </p>
    </div>
  );
}
